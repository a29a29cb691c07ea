import { LocalGraphQLDataSource } from '@apollo/gateway';
import { isId } from '@paygraph/ids';
import { buildSchema, GraphQLError } from 'graphql';
import type { NodeType } from '../graph/nodes.ts';
import type { RequestScope } from '../scope.ts';
import { answerFrom } from './exchange.ts';
import { subgraphUnavailable } from './faults.ts';
import type { Subgraph } from './subgraph.ts';

const MAX_IDS = 100;

/**
 * The subgraph of `node(id:)` and `nodes(ids:)`, in this process. It answers with stubs, which have a type and an id; whether
 * such a thing exists is asked of its owner, together with what is to be known of it. That callers are signed in, its fields ask.
 */
export function createNodes(name: string, types: readonly NodeType[]): Subgraph {
  const dataSource = new LocalGraphQLDataSource(schemaOf(types));
  return {
    name,
    ask({ body }, scope, answered) {
      const unavailable = { data: null, errors: [subgraphUnavailable(name).toJSON()], unavailable: true } as const;
      dataSource
        .process(optionsFor(body, scope))
        .then((answer) => answerFrom(JSON.parse(JSON.stringify(answer)), name, scope) ?? unavailable)
        .then(answered, () => answered(unavailable));
    },
    subscribe() {
      throw new Error(`${name} has no subscriptions`);
    },
    ready: async () => undefined,
    close: async () => undefined,
  };
}

/** The data source reads these members and no others. */
function optionsFor(body: string, context: RequestScope): Parameters<LocalGraphQLDataSource['process']>[0] {
  const options: Partial<Parameters<LocalGraphQLDataSource['process']>[0]> = { request: JSON.parse(body), context };
  return options as Parameters<LocalGraphQLDataSource['process']>[0];
}

function schemaOf(types: readonly NodeType[]) {
  const stubs = types.map(({ name }) => `type ${name} implements Node { id: ID! }`);
  const schema = buildSchema(`
    interface Node { id: ID! }
    type Query { node(id: ID!): Node  nodes(ids: [ID!]!): [Node] }
    ${stubs.join('\n')}`);
  const stubOf = (id: string) => {
    const type = types.find(({ prefix }) => isId(prefix as Parameters<typeof isId>[0], id));
    return type ? { __typename: type.name, id } : null;
  };
  const fields = schema.getQueryType()?.getFields();
  if (!fields?.node || !fields.nodes) throw new Error('The schema of nodes has lost its fields');
  fields.node.resolve = (_root, { id }: { id: string }) => stubOf(id);
  fields.nodes.resolve = (_root, { ids }: { ids: readonly string[] }) => {
    if (ids.length > MAX_IDS)
      throw coded('BAD_USER_INPUT', `At most ${MAX_IDS} ids may be asked for, not ${ids.length}.`);
    return ids.map(stubOf);
  };
  return schema;
}

function coded(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

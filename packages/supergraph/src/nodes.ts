import { isInterfaceType, isObjectType, type Subgraph } from '@apollo/federation-internals';
import type { SubgraphSource } from './config.ts';

/** The name in the supergraph of the subgraph that the gateway itself answers for: `Query.node` and `Query.nodes`. */
export const NODES = 'node';

/** It is never called: RFC 2606 keeps this name from ever being an address. */
const NOWHERE = 'http://node.invalid/graphql';

/** What a type must have to be found by its id: the key under which the subgraph that owns it resolves it. */
const KEY = 'id';

/**
 * The subgraph of `node(id:)` and `nodes(ids:)` over all types that implement `Node` in a subgraph that resolves them by
 * their id. Undefined when there is none, or when a subgraph has such a field of its own.
 */
export function nodesSubgraph(subgraphs: readonly Subgraph[]): SubgraphSource | undefined {
  if (subgraphs.some(hasLookups)) return undefined;
  const types = [...new Set(subgraphs.flatMap(nodeTypes))].sort();
  if (types.length === 0) return undefined;
  const stubs = types.map(
    (name) => `type ${name} implements Node @key(fields: "${KEY}", resolvable: false) { id: ID! }`,
  );
  return { name: NODES, routingUrl: NOWHERE, sdl: `${head}\n${stubs.join('\n')}` };
}

function hasLookups({ schema }: Subgraph): boolean {
  const query = schema.schemaDefinition.rootType('query');
  return Boolean(query?.field('node') ?? query?.field('nodes'));
}

function nodeTypes(subgraph: Subgraph): string[] {
  const { schema } = subgraph;
  const node = schema.type('Node');
  if (!node || !isInterfaceType(node)) return [];
  const key = subgraph.metadata().keyDirective();
  return [...schema.objectTypes()]
    .filter((type) => isObjectType(type) && type.implementsInterface('Node'))
    .filter((type) =>
      type.appliedDirectivesOf(key).some((applied) => {
        const { fields, resolvable = true } = applied.arguments();
        return String(fields).trim() === KEY && resolvable;
      }),
    )
    .map(({ name }) => name);
}

const head = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@listSize"])

interface Node { id: ID! }

type Query {
  """
  The object of this id, whatever its type. Null when there is none and when it may not be seen, which are not told apart.
  Errors: \`UNAUTHORIZED_FIELD_OR_TYPE\` without an access token.
  """
  node(
    "Of any type that implements \`Node\`."
    id: ID!
  ): Node @authenticated

  """
  The objects of these ids, in their order; null for each that does not exist or may not be seen.
  Errors: \`UNAUTHORIZED_FIELD_OR_TYPE\` without an access token, \`BAD_USER_INPUT\` for more than 100 ids.
  """
  nodes(
    "At most 100, of any types that implement \`Node\`."
    ids: [ID!]!
  ): [Node] @authenticated @listSize(assumedSize: 100)
}`;

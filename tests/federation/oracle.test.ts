import fc from 'fast-check';
import {
  buildClientSchema,
  execute,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  parse,
  print,
  visit,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parts, values } from './oracle/graph.ts';
import { operations, type RandomOperation } from './oracle/operations.ts';
import { assembled } from './oracle/parts.ts';
import { useFederation } from './support/federation.ts';

const federation = useFederation(parts);
let schema: GraphQLSchema;

beforeAll(async () => {
  const { data } = await federation.ask(getIntrospectionQuery());
  schema = buildClientSchema(data as unknown as IntrospectionQuery);
});

/** What the answer is, worked out by graphql-js over the whole graph at once. */
async function oracle({ query, variables }: RandomOperation) {
  const { data, errors = [] } = await execute({
    schema,
    document: withoutDefer(query),
    variableValues: variables,
    fieldResolver: (object, args, _context, { parentType, fieldName }) =>
      (values[parentType.name]?.[fieldName] ?? ((thing) => thing[fieldName]))(object ?? {}, args),
    typeResolver: ({ __typename }) => __typename,
  });
  return { data: JSON.parse(JSON.stringify(data)), failed: errors.length > 0 };
}

function withoutDefer(query: string) {
  return visit(parse(query), { Directive: ({ name }) => (name.value === 'defer' ? null : undefined) });
}

/** Declares and gives only the variables that an operation uses. */
const usable = ({ query, variables }: RandomOperation): RandomOperation => {
  const isUsed = (name: string): boolean => query.split(new RegExp(`\\$${name}\\b`)).length > 2;
  const document = visit(parse(query), {
    VariableDefinition: ({ variable }) => (isUsed(variable.name.value) ? undefined : null),
  });
  return {
    query: print(document),
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => isUsed(name))),
  };
};

/** The same operations every time; others for those who look for something: `ORACLE_RUNS=1000`. */
const { ORACLE_RUNS } = process.env;
const run = {
  endOnFailure: true,
  ...(ORACLE_RUNS ? { numRuns: Number(ORACLE_RUNS) } : { numRuns: 60, seed: 20261121 }),
};

describe('whatever is asked, the subgraphs together answer what the whole graph would', () => {
  it('at once', async () => {
    const property = fc.asyncProperty(operations({ schema }), async (random) => {
      const { query, variables } = usable(random);
      const { data, errors = [] } = await federation.ask(query, { variables });
      expect({ data, failed: errors.length > 0 }, JSON.stringify(errors)).toEqual(await oracle({ query, variables }));
    });
    await fc.assert(property, run);
  }, 120_000);

  it('in parts', async () => {
    // Null where it may not be goes no further than its part.
    const without = ['broken', 'popular'];
    const property = fc.asyncProperty(operations({ schema, without, defers: true }), async (random) => {
      const { query, variables } = usable(random);
      const headers = {
        'content-type': 'application/json',
        accept: 'multipart/mixed;deferSpec=20220824, application/json',
      };
      const body = JSON.stringify({ query, variables });
      const response = await fetch(federation.url, { method: 'POST', headers, body });
      const { data } = await oracle({ query, variables });
      expect(assembled(await response.text())).toEqual({ data });
    });
    await fc.assert(property, run);
  }, 120_000);
});

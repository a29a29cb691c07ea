import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { paygraphFields } from '@paygraph/client';
import { composeSupergraph } from '@paygraph/supergraph';
import { type DirectiveNode, Kind, type ObjectTypeDefinitionNode, parse, print } from 'graphql';
import { expect, it } from 'vitest';

const root = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

it('supergraph.graphql is what the subgraphs compose to: otherwise run `npm run compose` and commit it', async () => {
  const { supergraphSdl } = await composeSupergraph(root('supergraph.yaml'));
  expect(await readFile(root('supergraph.graphql'), 'utf8')).toBe(supergraphSdl);
});

it('lets no subgraph that is down blank what others answer: what a query asks for first may be null', async () => {
  const supergraph = parse(await readFile(root('supergraph.graphql'), 'utf8'), { noLocation: true });
  const fields = supergraph.definitions.flatMap((type) =>
    type.kind === Kind.OBJECT_TYPE_DEFINITION && type.name.value === 'Query' ? (type.fields ?? []) : [],
  );
  const forClients = fields.filter(
    ({ directives = [] }) => !directives.some(({ name }) => name.value === 'inaccessible'),
  );
  expect(forClients.length).toBeGreaterThan(10);
  expect(forClients.filter(({ type }) => type.kind === Kind.NON_NULL_TYPE).map(({ name }) => name.value)).toEqual([]);
});

it('has every type that implements Node found by `node(id:)`: a subgraph resolves it by its id', async () => {
  const supergraph = parse(await readFile(root('supergraph.graphql'), 'utf8'), { noLocation: true });
  const types = supergraph.definitions.filter(
    (type): type is ObjectTypeDefinitionNode =>
      type.kind === Kind.OBJECT_TYPE_DEFINITION &&
      Boolean(type.interfaces?.some(({ name }) => name.value === 'Node')) &&
      !type.directives?.some(({ name }) => name.value === 'inaccessible'),
  );
  expect(types.length).toBeGreaterThan(5);
  expect(types.filter((type) => !isFoundById(type)).map(({ name }) => name.value)).toEqual([]);
});

it('says of every connection which arguments decide how long it is, so that its cost can be estimated', async () => {
  const supergraph = parse(await readFile(root('supergraph.graphql'), 'utf8'), { noLocation: true });
  const connections = supergraph.definitions.flatMap((type) =>
    type.kind === Kind.OBJECT_TYPE_DEFINITION
      ? (type.fields ?? []).filter((field) => /Connection!?$/.test(print(field.type)))
      : [],
  );
  expect(connections.length).toBeGreaterThan(8);
  for (const { name, directives = [] } of connections) {
    const size = directives.find((each) => each.name.value === 'listSize');
    expect(size && argumentsOf(size), name.value).toMatchObject({
      slicingArguments: '["first", "last"]',
      sizedFields: '["nodes", "edges"]',
    });
  }
});

it('lets answers be kept for everybody where there is nothing that is anybody’s, and nowhere else', async () => {
  const supergraph = parse(await readFile(root('supergraph.graphql'), 'utf8'), { noLocation: true });
  const isMarked = ({ directives = [] }: { readonly directives?: readonly DirectiveNode[] }) =>
    directives.some(({ name }) => name.value === 'cacheControl');
  const marked = supergraph.definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) return [];
    const fields = (type.fields ?? []).filter(isMarked).map(({ name }) => `${type.name.value}.${name.value}`);
    return isMarked(type) ? [type.name.value, ...fields] : fields;
  });
  expect(marked.sort()).toEqual([
    ...['HistoricalRateConnection.edges', 'HistoricalRateConnection.nodes', 'HistoricalRateConnection.pageInfo'],
    ...['HistoricalRateEdge.node', 'Query.currencies', 'Query.exchangeRate', 'Query.exchangeRateHistory'],
    'Query.exchangeRates',
  ]);
});

it('has no resumable subscription that the client helper does not know', async () => {
  const supergraph = parse(await readFile(root('supergraph.graphql'), 'utf8'), { noLocation: true });
  const resumable = supergraph.definitions.flatMap((type) =>
    type.kind === Kind.OBJECT_TYPE_DEFINITION && type.name.value === 'Subscription' ? (type.fields ?? []) : [],
  );
  const known = paygraphFields.map(({ field, cursor, variable }) => `${field} ${cursor} ${variable}`);
  const marked = resumable.flatMap(({ name, directives = [] }) =>
    directives
      .filter((directive) => directive.name.value === 'resumable')
      .map(argumentsOf)
      .map(({ field = '', argument = '' }) => `${name.value} ${JSON.parse(field)} ${JSON.parse(argument)}`),
  );
  expect(known.sort()).toEqual(marked.sort());
});

/** Whether the gateway has a stub of it, and a subgraph in which it implements Node has `@key(fields: "id")` on it. */
function isFoundById({ directives = [] }: ObjectTypeDefinitionNode): boolean {
  const applied = (name: string) => directives.filter((each) => each.name.value === name).map(argumentsOf);
  const graphs = new Set(applied('join__implements').flatMap((given) => given.interface === '"Node"' && given.graph));
  const resolvers = applied('join__type').filter(
    ({ graph, key, resolvable }) => graphs.has(graph ?? '') && key === '"id"' && resolvable !== 'false',
  );
  return graphs.has('NODE') && resolvers.length === 1;
}

function argumentsOf({ arguments: given = [] }: DirectiveNode): Readonly<Record<string, string>> {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, print(value)]));
}

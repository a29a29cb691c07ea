import { expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const node = 'interface Node { id: ID! }';
const federation = useFederation({
  wallet: {
    sdl: `${node} type Query { wallets: [Wallet!]! } type Wallet implements Node @key(fields: "id") { id: ID! label: String! }`,
    resolvers: {
      Query: { wallets: () => [] },
      Wallet: {
        reference: ({ id }) => (id === 'wal_01997b5c5f0a70008000000000000001' ? { id, label: 'Everyday' } : null),
      },
    },
  },
  ledger: {
    sdl: 'type Wallet @key(fields: "id") { id: ID! balance: String }',
    resolvers: { Wallet: { balance: () => '5' } },
  },
});

const known = 'wal_01997b5c5f0a70008000000000000001';
const unknown = 'wal_01997b5c5f0a70008000000000000002';

it('any object is found by its id, with the fields of all its subgraphs', async () => {
  const query = 'query ($id: ID!) { node(id: $id) { __typename id ... on Wallet { label balance } } }';
  expect(await federation.ask(query, { variables: { id: known } })).toEqual({
    data: { node: { __typename: 'Wallet', id: known, label: 'Everyday', balance: '5' } },
  });
});

it('what does not exist is null, whatever is asked of it', async () => {
  for (const selection of ['id', '__typename', '... on Wallet { balance }', 'id ... on Wallet { label }']) {
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ${selection} } }`;
    const { data } = await federation.ask(query, { variables: { ids: [unknown, known, 'nonsense'] } });
    const { nodes } = data as { nodes: unknown[] };
    expect(nodes.map((one) => one === null)).toEqual([true, false, true]);
  }
});

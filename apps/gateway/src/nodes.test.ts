import { anonymous, type Principal } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LocalGraph, type LocalSubgraph, localGraph } from './testing/local-graph.ts';

const [wallet, hidden, payment] = [newId('wal'), newId('wal'), newId('pay')];
const customer: Principal = {
  kind: 'customer',
  id: 'cus_1',
  sessionId: 'ses_1',
  roles: [],
  scopes: new Set(),
  expiresAt: new Date(8e15),
};
const sources: Record<string, LocalSubgraph> = {
  wallet: {
    sdl: `
      type Query { wallets: [Wallet!] }
      interface Node { id: ID! }
      type Wallet implements Node @key(fields: "id") { id: ID!  label: String! }`,
    resolvers: { Wallet: { reference: ({ id }) => (id === wallet ? { id, label: 'Everyday' } : null) } },
  },
  payment: {
    sdl: `
      type Query { payments: [Payment!] }
      interface Node { id: ID! }
      type Payment implements Node @key(fields: "id") { id: ID!  amount: Int!  payer: Wallet }
      type Wallet @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Payment: { reference: ({ id }) => (id === payment ? { id, amount: 5, payer: { id: wallet } } : null) },
    },
  },
  ledger: {
    sdl: 'type Wallet @key(fields: "id") { id: ID!  balance: Int }',
    resolvers: { Wallet: { reference: (it) => it, balance: () => 100 } },
  },
};

let graph: LocalGraph;
beforeEach(() => {
  graph = localGraph(sources, customer);
});

describe('node', () => {
  it('finds an object of any type by its id, with fields of all subgraphs, asking each once', async () => {
    const query = `query ($id: ID!) {
      node(id: $id) { __typename id ... on Wallet { label balance } ... on Payment { amount payer { label } } }
    }`;
    expect(await graph.ask(query, { id: wallet })).toEqual({
      data: { node: { __typename: 'Wallet', id: wallet, label: 'Everyday', balance: 100 } },
    });
    expect(graph.requests.map(({ subgraph }) => subgraph).sort()).toEqual(['ledger', 'wallet']);
    expect(await graph.ask(query, { id: payment })).toEqual({
      data: { node: { __typename: 'Payment', id: payment, amount: 5, payer: { label: 'Everyday' } } },
    });
  });

  it.each([
    ['no more than the id is asked for', '{ id }'],
    ['only its type is', '{ __typename }'],
    ['only what others than its owner know', '{ ... on Wallet { balance } }'],
    ['what its owner knows', '{ ... on Wallet { id label } }'],
    ['fields of another type', '{ ... on Payment { amount } }'],
  ])('is null for what does not exist or may not be seen, also when %s', async (_what, selection) => {
    expect(await graph.ask(`{ node(id: "${hidden}") ${selection} }`)).toEqual({ data: { node: null } });
  });

  it.each([newId('fxq'), 'wal_1', 'nonsense', ''])('is null for %j, which is the id of nothing', async (id) => {
    expect(await graph.ask('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ data: { node: null } });
    expect(graph.requests).toEqual([]);
  });

  it('is null with an error while nobody can say whether it exists', async () => {
    graph.down.add('wallet');
    expect(await graph.ask(`{ a: node(id: "${wallet}") { id ... on Wallet { balance } } }`)).toEqual({
      data: { a: null },
      errors: [
        { message: 'The wallet service is unavailable.', path: ['a'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
      ],
    });
  });

  it('is for those who have signed in', async () => {
    const { data, errors } = await graph.ask(`{ node(id: "${wallet}") { id } }`, {}, anonymous);
    expect(data).toEqual({ node: null });
    expect(errors).toMatchObject([{ path: ['node'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }]);
  });
});

describe('nodes', () => {
  it('finds many in their order, with null for each that is not there', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Wallet { label } } }';
    expect(await graph.ask(query, { ids: [hidden, wallet, payment, wallet, 'x'] })).toEqual({
      data: {
        nodes: [null, { id: wallet, label: 'Everyday' }, { id: payment }, { id: wallet, label: 'Everyday' }, null],
      },
    });
    expect(graph.requests.map(({ subgraph }) => subgraph).sort()).toEqual(['payment', 'wallet']);
  });

  it('finds at most 100', async () => {
    const { data, errors } = await graph.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: Array(101).fill(wallet),
    });
    expect(data).toEqual({ nodes: null });
    expect(errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

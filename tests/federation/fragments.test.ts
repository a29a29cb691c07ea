import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const federation = useFederation({
  wallets: {
    sdl: `
      type Query { wallet: Wallet!  nodes: [Node!]! }
      interface Node { id: ID! }
      interface Labelled { label: String! }
      type Wallet implements Node & Labelled @key(fields: "id") { id: ID! label: String! owner: Customer! limits: [Limit!]! }
      type Limit { period: String! amount: String! wallet: Wallet! }
      type Customer implements Node @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: {
        wallet: () => ({ id: 'wal_1' }),
        nodes: () => [
          { __typename: 'Wallet', id: 'wal_1' },
          { __typename: 'Customer', id: 'cus_1' },
        ],
      },
      Wallet: {
        label: ({ id }) => `label of ${id}`,
        owner: () => ({ id: 'cus_1' }),
        limits: ({ id }) => [
          { period: 'DAY', amount: '5', wallet: { id } },
          { period: 'MONTH', amount: '50', wallet: { id } },
        ],
      },
    },
  },
  ledger: {
    sdl: 'type Wallet @key(fields: "id") { id: ID! balance(in: String): String! pending: String! }',
    resolvers: {
      Wallet: { balance: ({ id }, args) => `${id} in ${args.in ?? 'USD'}`, pending: ({ id }) => `pending of ${id}` },
    },
  },
  profile: {
    sdl: `
      interface Node { id: ID! }
      interface Labelled { label: String! }
      type Customer implements Node & Labelled @key(fields: "id") { id: ID! label: String! tier: String! }`,
    resolvers: { Customer: { label: ({ id }) => `name of ${id}`, tier: () => 'BASIC' } },
  },
});

describe('fragments', () => {
  it('with a name are used in several places and over several subgraphs', async () => {
    const query = `
      query { wallet { ...W limits { wallet { ...W } } } }
      fragment W on Wallet { label ...B owner { ...C } }
      fragment B on Wallet { balance }
      fragment C on Customer { tier }`;
    const wallet = { label: 'label of wal_1', balance: 'wal_1 in USD', owner: { tier: 'BASIC' } };
    expect(await federation.ask(query)).toEqual({ data: { wallet: { ...wallet, limits: [{ wallet }, { wallet }] } } });
  });

  it('without a type or on the type itself are as if they were not there', async () => {
    const query =
      '{ ... { wallet { ... on Wallet { ... { balance } } ... on Wallet { label } } } ... on Query { again: wallet { pending } } }';
    expect(await federation.ask(query)).toEqual({
      data: { wallet: { balance: 'wal_1 in USD', label: 'label of wal_1' }, again: { pending: 'pending of wal_1' } },
    });
  });

  it('that select the same are merged, deeper down too', async () => {
    const query = `{
      wallet { limits { period } owner { id } }
      ...Rest
      ... on Query { wallet { limits { wallet { pending } } owner { tier } } }
    }
    fragment Rest on Query { wallet { limits { amount wallet { balance } } } }`;
    const wallet = { balance: 'wal_1 in USD', pending: 'pending of wal_1' };
    expect(await federation.ask(query)).toEqual({
      data: {
        wallet: {
          limits: [
            { period: 'DAY', amount: '5', wallet },
            { period: 'MONTH', amount: '50', wallet },
          ],
          owner: { id: 'cus_1', tier: 'BASIC' },
        },
      },
    });
  });

  it('on interfaces match those who implement it, wherever the interface is known', async () => {
    const query =
      '{ nodes { id ... on Labelled { label } ... on Node { ... on Wallet { balance } ... on Customer { tier } } } }';
    expect(await federation.ask(query)).toEqual({
      data: {
        nodes: [
          { id: 'wal_1', label: 'label of wal_1', balance: 'wal_1 in USD' },
          { id: 'cus_1', label: 'name of cus_1', tier: 'BASIC' },
        ],
      },
    });
  });

  it('on interfaces inside of fragments on types match as well', async () => {
    const query = '{ wallet { ... on Node { ... on Labelled { label ... on Wallet { balance(in: "EUR") } } } } }';
    expect(await federation.ask(query)).toEqual({
      data: { wallet: { label: 'label of wal_1', balance: 'wal_1 in EUR' } },
    });
  });

  it('may use variables of the operation', async () => {
    const query = `query ($in: String = "JPY") { wallet { ...B } }
      fragment B on Wallet { balance(in: $in) limits { wallet { own: balance(in: $in) } } }`;
    const answerIn = (currency: string) => {
      const own = { wallet: { own: `wal_1 in ${currency}` } };
      return { data: { wallet: { balance: `wal_1 in ${currency}`, limits: [own, own] } } };
    };
    expect(await federation.ask(query)).toEqual(answerIn('JPY'));
    expect(await federation.ask(query, { variables: { in: 'GHS' } })).toEqual(answerIn('GHS'));
  });

  it('of other operations of the document do not matter', async () => {
    const query = `query A { wallet { ...A } } query B { wallet { ...B } }
      fragment A on Wallet { balance } fragment B on Wallet { pending }`;
    expect(await federation.ask(query, { operationName: 'B' })).toEqual({
      data: { wallet: { pending: 'pending of wal_1' } },
    });
    expect(await federation.ask(query, { operationName: 'A' })).toEqual({
      data: { wallet: { balance: 'wal_1 in USD' } },
    });
  });
});

it('an operation in which a fragment repeats twenty times costs no more calls than one', async () => {
  const query = `{ ${Array.from({ length: 20 }, (_, i) => `w${i}: wallet { ...B }`).join(' ')} } fragment B on Wallet { balance }`;
  const { data, errors } = await federation.ask(query);
  expect(errors).toBeUndefined();
  expect(Object.keys(data ?? {})).toHaveLength(20);
  expect(federation.asked('wallets')).toHaveLength(1);
});

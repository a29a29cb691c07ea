import { beforeEach, describe, expect, it } from 'vitest';
import { type LocalGraph, localGraph } from '../testing/local-graph.ts';

const wallets = new Map([
  ['wal_1', { id: 'wal_1', owner: 'Ama', currency: 'USD' }],
  ['wal_2', { id: 'wal_2', owner: 'Kofi', currency: 'EUR' }],
]);

let graph: LocalGraph;
beforeEach(() => {
  graph = localGraph({
    payment: {
      sdl: `
        type Query { payment: Payment!  payments: [Payment!]!  party: Party! }
        type Mutation { rename(to: String!): Payment!  count: Int! }
        type Payment @key(fields: "id") {
          id: ID!  payerId: ID!  amount: Int!  fee: Int!
          total(in: String, rounded: Boolean): String!
          payer: Wallet!  payee: Wallet!
        }
        type Wallet @key(fields: "id", resolvable: false) { id: ID! }
        union Party = Person | Shop
        type Person { name: String!  code: Int! }
        type Shop { name: String!  code: String! }`,
      resolvers: (() => {
        let count = 0;
        const payment = {
          id: 'pay_1',
          payerId: 'wal_2',
          amount: 100,
          fee: 7,
          payer: { id: 'wal_1' },
          payee: { id: 'wal_2' },
        };
        return {
          Query: {
            payment: () => payment,
            payments: () => [payment, { ...payment, payer: { id: 'wal_2' } }],
            party: () => ({ __typename: 'Shop', name: 'Corner', code: 'C-1' }),
          },
          Mutation: { rename: (_parent, { to }) => ({ ...payment, id: to }), count: () => ++count },
          Payment: {
            reference: () => payment,
            total: (_parent, { in: currency, rounded }) =>
              `${currency ?? 'USD'} ${rounded === true ? 'about ' : ''}107`,
          },
        };
      })(),
    },
    wallet: {
      sdl: `type Wallet @key(fields: "id") { id: ID!  owner: String!  currency: String! }`,
      resolvers: { Wallet: { reference: ({ id }) => wallets.get(String(id)) } },
    },
    risk: {
      sdl: `
        type Payment @key(fields: "id") {
          id: ID!  amount: Int! @external
          limitOk: Boolean! @requires(fields: "amount")
          seenAmount: Int! @requires(fields: "amount")
        }`,
      resolvers: {
        Payment: {
          reference: (representation) => representation,
          limitOk: ({ amount }) => Number(amount) < 50,
          seenAmount: ({ amount }) => amount,
        },
      },
    },
  });
});

describe('a client’s alias', () => {
  it('cannot forge what a field requires', async () => {
    expect(await graph.ask('{ payment { amount: fee limitOk seenAmount } }')).toEqual({
      data: { payment: { amount: 7, limitOk: false, seenAmount: 100 } },
    });
  });

  it('cannot forge the key of an entity', async () => {
    expect(await graph.ask('{ payment { payer { id: __typename owner } id: payerId limitOk } }')).toEqual({
      data: { payment: { payer: { id: 'Wallet', owner: 'Ama' }, id: 'wal_2', limitOk: false } },
    });
  });

  it('cannot forge the type of an object', async () => {
    expect(await graph.ask('{ party { __typename: __typename ... on Shop { __typename name } } }')).toEqual({
      data: { party: { __typename: 'Shop', name: 'Corner' } },
    });
  });

  it('can be any name, also one that every object of JavaScript has', async () => {
    const { data } = await graph.ask('{ payment { __proto__: amount constructor: fee toString: id } }');
    expect(JSON.stringify(data)).toBe('{"payment":{"__proto__":100,"constructor":7,"toString":"pay_1"}}');
  });

  it('gives one field several names, at the root and in entities too', async () => {
    expect(
      await graph.ask('{ a: payment { x: payer { o: owner p: owner } } b: payment { x: payee { owner } y: amount } }'),
    ).toEqual({
      data: { a: { x: { o: 'Ama', p: 'Ama' } }, b: { x: { owner: 'Kofi' }, y: 100 } },
    });
  });

  it('tells apart one field with different arguments', async () => {
    const query = `query ($eur: String) {
      payment { total a: total(in: $eur) b: total(in: "EUR", rounded: true) c: total(rounded: true, in: "EUR") }
    }`;
    expect(await graph.ask(query, { eur: 'EUR' })).toEqual({
      data: { payment: { total: 'USD 107', a: 'EUR 107', b: 'EUR about 107', c: 'EUR about 107' } },
    });
  });

  it('may stand for fields of different types in different objects', async () => {
    const query = '{ party { ... on Person { it: code name } ... on Shop { other: code it: name } } }';
    expect(await graph.ask(query.replace('it: code', 'its: code'))).toEqual({
      data: { party: { other: 'C-1', it: 'Corner' } },
    });
  });

  it('does not keep a mutation from running as often as it is asked', async () => {
    expect(await graph.ask('mutation { a: count b: count ...More } fragment More on Mutation { c: count }')).toEqual({
      data: { a: 1, b: 2, c: 3 },
    });
  });
});

describe('conditions', () => {
  const query = `query ($yes: Boolean!, $no: Boolean! = false) {
    payment { a: amount @include(if: $yes) b: amount @skip(if: $yes) ...Fee @include(if: $no) payer @skip(if: $no) { owner @include(if: $no) } }
  }
  fragment Fee on Payment { fee }`;

  it('decide for each name of a field by itself', async () => {
    expect(await graph.ask(query, { yes: true })).toEqual({ data: { payment: { a: 100, payer: {} } } });
    expect(await graph.ask(query, { yes: false })).toEqual({ data: { payment: { b: 100, payer: {} } } });
    expect(await graph.ask(query, { yes: false, no: true })).toEqual({ data: { payment: { b: 100, fee: 7 } } });
  });

  it('may leave nothing, and then nobody is asked', async () => {
    expect(await graph.ask('query ($no: Boolean!) { payment @include(if: $no) { id } }', { no: false })).toEqual({
      data: {},
    });
    expect(graph.requests).toEqual([]);
  });
});

describe('entities', () => {
  it('are asked for once, and from several paths in one request', async () => {
    expect(await graph.ask('{ payments { payer { owner } payee { owner currency } } }')).toEqual({
      data: {
        payments: [
          { payer: { owner: 'Ama' }, payee: { owner: 'Kofi', currency: 'EUR' } },
          { payer: { owner: 'Kofi' }, payee: { owner: 'Kofi', currency: 'EUR' } },
        ],
      },
    });
    const [, ...toWallet] = graph.requests;
    expect(toWallet).toHaveLength(1);
    const [key1, key2] = [
      { __typename: 'Wallet', id: 'wal_1' },
      { __typename: 'Wallet', id: 'wal_2' },
    ];
    expect(Object.values(toWallet[0]?.variables ?? {})).toEqual([[key1, key2], [key2]]);
  });

  it('are one list when the same is asked of them at several paths', async () => {
    await graph.ask('{ payments { payer { owner } payee { o: owner } } }');
    expect(graph.requests.slice(1)).toMatchObject([
      { variables: { representations: [{ id: 'wal_1' }, { id: 'wal_2' }] } },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const accounts = [
  { __typename: 'Savings', id: 'acc_1', owner: 'Ama', rate: '2.5' },
  { __typename: 'Current', id: 'acc_2', owner: 'Kofi', overdraft: 100 },
];
const accountOf = (id: unknown) => accounts.find((one) => one.id === id) ?? null;

const federation = useFederation({
  accounts: {
    sdl: `
      type Query { accounts: [Account!]!  savings: [Savings!]! }
      interface Owned { owner: String! }
      interface Account @key(fields: "id") { id: ID! owner: String! }
      type Savings implements Account & Owned @key(fields: "id") { id: ID! owner: String! rate: String! }
      type Current implements Account & Owned @key(fields: "id") { id: ID! owner: String! overdraft: Int! }`,
    resolvers: {
      Query: { accounts: () => accounts, savings: () => [accounts[0]] },
      Account: { reference: ({ id }) => accountOf(id) },
      Savings: { reference: ({ id }) => accountOf(id) },
      Current: { reference: ({ id }) => accountOf(id) },
    },
  },
  ledger: {
    sdl: `
      type Query { richest: Account!  ranking: [Account]! }
      type Account @key(fields: "id") @interfaceObject {
        id: ID! balance: String!
        owner: String! @external
        statement: String! @requires(fields: "owner")
        largest: Entry!
      }
      type Entry { amount: String! account: Account! }`,
    resolvers: {
      Query: {
        richest: () => ({ id: 'acc_1' }),
        ranking: () => [{ id: 'acc_2' }, null, { id: 'acc_9' }, { id: 'acc_1' }],
      },
      Account: {
        balance: ({ id }) => `balance of ${id}`,
        statement: ({ owner }) => `statement of ${owner}`,
        largest: ({ id }) => ({ amount: '9', account: { id } }),
      },
    },
  },
});

describe('a field that a subgraph adds to an interface', () => {
  it('is there for all who implement it', async () => {
    expect(await federation.ask('{ accounts { __typename id balance } }')).toEqual({
      data: {
        accounts: [
          { __typename: 'Savings', id: 'acc_1', balance: 'balance of acc_1' },
          { __typename: 'Current', id: 'acc_2', balance: 'balance of acc_2' },
        ],
      },
    });
  });

  it('is there on each type by itself', async () => {
    const query = '{ savings { balance } accounts { ... on Current { balance overdraft } ... on Savings { rate } } }';
    expect(await federation.ask(query)).toEqual({
      data: {
        savings: [{ balance: 'balance of acc_1' }],
        accounts: [{ rate: '2.5' }, { balance: 'balance of acc_2', overdraft: 100 }],
      },
    });
  });

  it('may require what only the interface has elsewhere', async () => {
    expect(await federation.ask('{ accounts { statement } }')).toEqual({
      data: { accounts: [{ statement: 'statement of Ama' }, { statement: 'statement of Kofi' }] },
    });
  });
});

describe('an object of which a subgraph knows only the interface', () => {
  it('has the fields that the subgraph has, without another call', async () => {
    expect(await federation.ask('{ richest { id balance } }')).toEqual({
      data: { richest: { id: 'acc_1', balance: 'balance of acc_1' } },
    });
    expect(federation.asked('accounts')).toEqual([]);
  });

  it('is told its type by who knows it', async () => {
    expect(await federation.ask('{ richest { __typename balance } }')).toEqual({
      data: { richest: { __typename: 'Savings', balance: 'balance of acc_1' } },
    });
  });

  it.each([
    [
      '{ richest { balance ... on Savings { rate } ... on Current { overdraft } } }',
      { balance: 'balance of acc_1', rate: '2.5' },
    ],
    ['{ richest { ... on Current { balance } } }', {}],
    ['{ richest { ... on Savings { balance } owner } }', { balance: 'balance of acc_1', owner: 'Ama' }],
    [
      '{ richest { ... on Savings { kind: __typename statement } } }',
      { kind: 'Savings', statement: 'statement of Ama' },
    ],
  ])('is matched by fragments on its type: %s', async (query, richest) => {
    expect(await federation.ask(query)).toEqual({ data: { richest } });
  });

  it('is so in lists and deeper down', async () => {
    const { data } = await federation.ask('{ ranking { balance largest { account { __typename owner } } } }');
    expect(data?.ranking).toMatchObject([
      { balance: 'balance of acc_2', largest: { account: { __typename: 'Current', owner: 'Kofi' } } },
      null,
      null,
      { balance: 'balance of acc_1', largest: { account: { __typename: 'Savings', owner: 'Ama' } } },
    ]);
  });

  it('is null where it may be if nobody knows its type', async () => {
    const { data } = await federation.ask('{ ranking { __typename balance } }');
    expect(data).toEqual({
      ranking: [
        { __typename: 'Current', balance: 'balance of acc_2' },
        null,
        null,
        { __typename: 'Savings', balance: 'balance of acc_1' },
      ],
    });
  });
});

describe('a fragment on an interface that the subgraph does not know, below one that it knows as an object', () => {
  it.each([
    ['{ richest { ... on Owned { owner } } }', { richest: { owner: 'Ama' } }],
    [
      '{ richest { balance ...Its } } fragment Its on Owned { who: owner }',
      { richest: { balance: 'balance of acc_1', who: 'Ama' } },
    ],
    [
      '{ richest { ... on Owned { ... on Savings { rate } ... on Current { overdraft } } } }',
      { richest: { rate: '2.5' } },
    ],
    ['{ richest { ... on Owned { ... on Account { statement } } } }', { richest: { statement: 'statement of Ama' } }],
  ])('is matched by the types that implement it: %s', async (query, data) => {
    expect((await federation.ask(query)).data).toEqual(data);
  });

  it('is the same as fragments on each of those types', async () => {
    const fields = '{ kind: __typename owner }';
    const { data } = await federation.ask(`{ ranking { balance ... on Owned ${fields} } }`);
    expect(data).toMatchObject({ ranking: [{ kind: 'Current', owner: 'Kofi' }, null, {}, { owner: 'Ama' }] });
    expect({ data }).toEqual(
      await federation.ask(`{ ranking { balance ... on Savings ${fields} ... on Current ${fields} } }`),
    );
  });

  it('comes at once where it is deferred, which cannot be planned', async () => {
    const accept = 'multipart/mixed;deferSpec=20220824, application/json';
    const headers = { 'content-type': 'application/json', accept };
    const body = JSON.stringify({ query: '{ richest { balance ... on Owned @defer { owner } } }' });
    const response = await fetch(federation.url, { method: 'POST', headers, body });
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({ data: { richest: { balance: 'balance of acc_1', owner: 'Ama' } } });
  });
});

import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const accounts = [
  {
    bank: { code: 'GCB', country: { code: 'GH' } },
    number: '1',
    currency: 'GHS',
    sequence: 1,
    id: 'acc_1',
    iban: 'GH1',
  },
  {
    bank: { code: 'DKB', country: { code: 'DE' } },
    number: '1',
    currency: 'EUR',
    sequence: 1,
    id: 'acc_2',
    iban: 'DE1',
  },
  {
    bank: { code: 'DKB', country: { code: 'DE' } },
    number: '2',
    currency: 'EUR',
    sequence: 2,
    id: 'acc_3',
    iban: 'DE2',
  },
];

const federation = useFederation({
  accounts: {
    sdl: `
      type Query { accounts: [Account!]! }
      type Account @key(fields: "id") @key(fields: "iban") @key(fields: "currency sequence")
        @key(fields: "bank { code country { code } } number") {
        id: ID! iban: String! currency: String! sequence: Int! bank: Bank! number: String!
      }
      type Bank @shareable { code: String! country: Country! }
      type Country @shareable { code: String! }`,
    resolvers: {
      Query: { accounts: () => accounts },
      Account: {
        reference: (known) =>
          accounts.find(({ id, iban, currency, sequence }) => {
            if (known.id) return known.id === id;
            return known.iban ? known.iban === iban : known.currency === currency && known.sequence === sequence;
          }) ?? null,
      },
    },
  },
  simple: {
    sdl: 'type Account @key(fields: "id") { id: ID! nickname: String! }',
    resolvers: { Account: { nickname: ({ id }) => `nickname of ${id}` } },
  },
  composite: {
    sdl: 'type Account @key(fields: "currency sequence") { currency: String! sequence: Int! drawer: String! }',
    resolvers: { Account: { drawer: ({ currency, sequence }) => `${currency}-${sequence}` } },
  },
  nested: {
    sdl: `
      type Account @key(fields: "bank { code country { code } } number") { bank: Bank! number: String! branch: String! }
      type Bank @shareable { code: String! country: Country! }
      type Country @shareable { code: String! }`,
    resolvers: {
      Account: {
        branch: ({ bank, number }) => {
          const { code, country } = bank as { code: string; country: { code: string } };
          return [country.code, code, number].join('/');
        },
      },
    },
  },
  iban: {
    sdl: `
      type Query { account(iban: String!): Account  oddAccounts: [Account]! }
      type Account @key(fields: "iban") { iban: String! checkDigits: String! }`,
    resolvers: {
      Query: {
        account: (_query, { iban }) => ({ iban }),
        oddAccounts: () => [{ iban: 'GH1' }, null, { iban: 'XX9' }, { iban: 'DE2' }],
      },
      Account: { checkDigits: ({ iban }) => String(iban).slice(-1) },
    },
  },
});

describe('an entity is found by', () => {
  it('a simple key', async () => {
    expect((await federation.ask('{ accounts { nickname } }')).data).toEqual({
      accounts: ['acc_1', 'acc_2', 'acc_3'].map((id) => ({ nickname: `nickname of ${id}` })),
    });
  });

  it('a composite key', async () => {
    expect((await federation.ask('{ accounts { drawer } }')).data).toEqual({
      accounts: [{ drawer: 'GHS-1' }, { drawer: 'EUR-1' }, { drawer: 'EUR-2' }],
    });
  });

  it('a nested key', async () => {
    expect((await federation.ask('{ accounts { branch } }')).data).toEqual({
      accounts: [{ branch: 'GH/GCB/1' }, { branch: 'DE/DKB/1' }, { branch: 'DE/DKB/2' }],
    });
  });

  it('several keys, each subgraph by the one it has', async () => {
    expect((await federation.ask('{ accounts { id nickname drawer branch checkDigits } }')).data).toMatchObject({
      accounts: [
        {},
        {},
        { id: 'acc_3', nickname: 'nickname of acc_3', drawer: 'EUR-2', branch: 'DE/DKB/2', checkDigits: '2' },
      ],
    });
  });
});

it('a key that a subgraph lacks is fetched from one that has both', async () => {
  expect((await federation.ask('{ account(iban: "DE2") { checkDigits nickname drawer branch } }')).data).toEqual({
    account: { checkDigits: '2', nickname: 'nickname of acc_3', drawer: 'EUR-2', branch: 'DE/DKB/2' },
  });
});

it('keys that nobody asked for are not answered', async () => {
  expect((await federation.ask('{ account(iban: "DE2") { branch } }')).data).toEqual({
    account: { branch: 'DE/DKB/2' },
  });
});

it('an entity that its owner does not know is null where it may be, and so is what hangs on it', async () => {
  const { data, errors } = await federation.ask('{ oddAccounts { iban nickname } }');
  expect(data).toEqual({
    oddAccounts: [
      { iban: 'GH1', nickname: 'nickname of acc_1' },
      null,
      null,
      { iban: 'DE2', nickname: 'nickname of acc_3' },
    ],
  });
  expect(errors?.map(({ path }) => path)).toEqual([['oddAccounts', 2, 'nickname']]);
});

it('only what the key says is sent of an entity', async () => {
  await federation.ask('{ accounts { number currency drawer } }');
  expect(federation.represented('composite')).toEqual([
    [
      { __typename: 'Account', currency: 'GHS', sequence: 1 },
      { __typename: 'Account', currency: 'EUR', sequence: 1 },
      { __typename: 'Account', currency: 'EUR', sequence: 2 },
    ],
  ]);
});

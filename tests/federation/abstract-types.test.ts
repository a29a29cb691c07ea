import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const card = { __typename: 'Card', id: 'card_1', label: 'Visa', last4: '4242' };
const bank = { __typename: 'BankAccount', id: 'bank_1', label: 'DKB', iban: 'DE1' };
const mobile = { __typename: 'MobileMoney', id: 'momo_1', label: 'MTN', phone: '+233' };

const federation = useFederation({
  funding: {
    sdl: `
      type Query { sources: [Source]!  preferred: Source  latest: [Event!]!  party: Party }
      interface Source { id: ID! label: String! }
      type Card implements Source @key(fields: "id") { id: ID! label: String! last4: String! }
      type BankAccount implements Source @key(fields: "id") { id: ID! label: String! iban: String! }
      type MobileMoney implements Source @key(fields: "id") { id: ID! label: String! phone: String! }
      union Event = Card | BankAccount | Deposit
      type Deposit { amount: String! source: Source! }
      union Party = Person
      type Person @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: {
        sources: () => [card, null, mobile, bank],
        preferred: () => bank,
        latest: () => [bank, { __typename: 'Deposit', amount: '5', source: card }, card],
        party: () => ({ __typename: 'Person', id: 'per_1' }),
      },
    },
  },
  risk: {
    sdl: `
      type Query { suspects: [Suspect!]! }
      union Suspect = Card | Person
      union Party = Person | Company
      interface Scored { score: Int! }
      type Card implements Scored @key(fields: "id") { id: ID! score: Int! }
      type BankAccount implements Scored @key(fields: "id") { id: ID! score: Int! }
      type Person implements Scored @key(fields: "id") { id: ID! score: Int! }
      type Company { name: String! }`,
    resolvers: {
      Query: {
        suspects: () => [
          { __typename: 'Card', id: 'card_1' },
          { __typename: 'Person', id: 'per_1' },
        ],
      },
      Card: { score: () => 10 },
      BankAccount: { score: () => 20 },
      Person: { score: () => 30 },
    },
  },
});

describe('an interface', () => {
  it('has the type that each object has', async () => {
    expect(
      await federation.ask('{ sources { __typename label ... on Card { last4 } ... on MobileMoney { phone } } }'),
    ).toEqual({
      data: {
        sources: [
          { __typename: 'Card', label: 'Visa', last4: '4242' },
          null,
          { __typename: 'MobileMoney', label: 'MTN', phone: '+233' },
          { __typename: 'BankAccount', label: 'DKB' },
        ],
      },
    });
  });

  it('takes fields of another subgraph for the types that have them there', async () => {
    expect(await federation.ask('{ sources { id ... on Card { score } ... on BankAccount { score iban } } }')).toEqual({
      data: {
        sources: [{ id: 'card_1', score: 10 }, null, { id: 'momo_1' }, { id: 'bank_1', score: 20, iban: 'DE1' }],
      },
    });
    expect(federation.asked('risk')).toHaveLength(1);
  });

  it('is matched by an interface that only another subgraph knows', async () => {
    expect(
      await federation.ask('{ sources { ... on Scored { score } label } preferred { ... on Scored { score } } }'),
    ).toEqual({
      data: {
        sources: [{ score: 10, label: 'Visa' }, null, { label: 'MTN' }, { score: 20, label: 'DKB' }],
        preferred: { score: 20 },
      },
    });
  });
});

describe('a union', () => {
  it('has fields by type, those of other subgraphs included', async () => {
    const query = `{ latest {
      kind: __typename
      ... on Card { last4 score }
      ... on BankAccount { iban }
      ... on Deposit { amount source { label ... on Card { score } } }
    } }`;
    expect(await federation.ask(query)).toEqual({
      data: {
        latest: [
          { kind: 'BankAccount', iban: 'DE1' },
          { kind: 'Deposit', amount: '5', source: { label: 'Visa', score: 10 } },
          { kind: 'Card', last4: '4242', score: 10 },
        ],
      },
    });
  });

  it('has members that only some subgraphs know', async () => {
    const query = '{ party { ... on Person { score } ... on Company { name } } }';
    expect(await federation.ask(query)).toEqual({ data: { party: { score: 30 } } });
  });

  it('takes a field under one name with another type in each member', async () => {
    const query = '{ suspects { ... on Card { id x: score } ... on Person { x: score } } }';
    expect(await federation.ask(query)).toEqual({ data: { suspects: [{ id: 'card_1', x: 10 }, { x: 30 }] } });
  });

  it('without a fragment that matches is an empty object', async () => {
    expect(await federation.ask('{ latest { ... on Deposit { amount } } }')).toEqual({
      data: { latest: [{}, { amount: '5' }, {}] },
    });
  });
});

it('objects of an interface keep their order and their gaps', async () => {
  const { data } = await federation.ask('{ sources { ... on Scored { score } } }');
  expect(data).toEqual({ sources: [{ score: 10 }, null, {}, { score: 20 }] });
});

import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const customers = new Map([
  ['cus_1', { id: 'cus_1', displayName: 'Ama', tier: 'BASIC' }],
  ['cus_2', { id: 'cus_2', displayName: 'Kofi', tier: 'VERIFIED' }],
]);

const federation = useFederation({
  profile: {
    sdl: `
      type Query { customer(id: ID!): Customer }
      interface Person { id: ID! displayName: String! }
      type Customer implements Person @key(fields: "id") { id: ID! displayName: String! @shareable tier: String! }
      type Robot implements Person @key(fields: "id") { id: ID! displayName: String! @shareable version: Int! }`,
    resolvers: {
      Query: { customer: (_query, { id }) => customers.get(String(id)) },
      Customer: { reference: ({ id }) => customers.get(String(id)) ?? null },
      Robot: { reference: ({ id }) => ({ id, displayName: 'Teller', version: 3 }) },
    },
  },
  payments: {
    sdl: `
      type Query {
        payment: Payment! @provides(fields: "payer { displayName }")
        bare: Payment!
        actor: Person! @provides(fields: "... on Customer { displayName }")
        party: Party! @provides(fields: "... on Robot { displayName }")
      }
      type Payment @shareable { payer: Customer! payee: Customer! @provides(fields: "displayName") }
      interface Person { id: ID! displayName: String! }
      union Party = Customer | Robot
      type Customer implements Person @key(fields: "id") { id: ID! displayName: String! @external }
      type Robot implements Person @key(fields: "id") { id: ID! displayName: String! @external }`,
    resolvers: {
      Query: {
        payment: () => ({ payer: customers.get('cus_1'), payee: customers.get('cus_2') }),
        bare: () => ({ payer: { id: 'cus_1' }, payee: customers.get('cus_2') }),
        actor: () => ({ __typename: 'Customer', id: 'cus_1', displayName: 'Ama' }),
        party: () => ({ __typename: 'Robot', id: 'rob_1', displayName: 'Teller' }),
      },
    },
  },
});

describe('what a field provides is not fetched from its owner', () => {
  it.each([
    [
      'below the field of a type',
      '{ bare { payee { id displayName } } }',
      { bare: { payee: { id: 'cus_2', displayName: 'Kofi' } } },
    ],
    [
      'deeper below a root field',
      '{ payment { payer { displayName } } }',
      { payment: { payer: { displayName: 'Ama' } } },
    ],
    [
      'for one type of an interface',
      '{ actor { ... on Customer { displayName } } }',
      { actor: { displayName: 'Ama' } },
    ],
    ['for one member of a union', '{ party { ... on Robot { displayName } } }', { party: { displayName: 'Teller' } }],
  ])('%s', async (_, query, data) => {
    expect(await federation.ask(query)).toEqual({ data });
    expect(federation.asked('profile')).toEqual([]);
  });
});

it('by a way that does not provide it, a field is fetched from its owner', async () => {
  expect(await federation.ask('{ bare { payer { displayName } } }')).toEqual({
    data: { bare: { payer: { displayName: 'Ama' } } },
  });
  expect(federation.asked('profile')).toHaveLength(1);
});

it('what is not provided is fetched beside what is', async () => {
  expect(await federation.ask('{ payment { payer { displayName tier } payee { displayName tier } } }')).toEqual({
    data: {
      payment: { payer: { displayName: 'Ama', tier: 'BASIC' }, payee: { displayName: 'Kofi', tier: 'VERIFIED' } },
    },
  });
});

it('an interface of which only one type is provided is right for all of them', async () => {
  expect(await federation.ask('{ actor { displayName } party { ... on Robot { displayName version } } }')).toEqual({
    data: { actor: { displayName: 'Ama' }, party: { displayName: 'Teller', version: 3 } },
  });
});

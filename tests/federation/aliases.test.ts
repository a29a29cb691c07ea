import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const payments = [
  { id: 'pay_1', amount: '10', fee: '1', payerId: 'cus_1', payer: { id: 'cus_1', name: 'Ama' } },
  { id: 'pay_2', amount: '20', fee: '2', payerId: 'cus_2', payer: { id: 'cus_2', name: 'Kofi' } },
];

const federation = useFederation({
  payments: {
    sdl: `
      type Query { payments: [Payment!]!  payment(id: ID!): Payment  search: [Found!]! }
      type Payment @key(fields: "id") {
        id: ID! amount: String! fee: String! payerId: ID! payer: Customer! total(currency: String): Money! price: Money!
      }
      type Customer @key(fields: "id") { id: ID! name: String! }
      type Money @shareable { value: String! currency: String! }
      union Found = Payment | Customer`,
    resolvers: {
      Query: {
        payments: () => payments,
        payment: (_query, { id }) => payments.find((one) => one.id === id),
        search: () => [
          { __typename: 'Payment', ...payments[0] },
          { __typename: 'Customer', id: 'cus_2', name: 'Kofi' },
        ],
      },
      Payment: {
        reference: ({ id }) => payments.find((one) => one.id === id) ?? null,
        total: (_payment, { currency }) => ({ value: `total in ${currency}`, currency: currency ?? 'USD' }),
        price: ({ amount }) => ({ value: amount, currency: 'USD' }),
      },
      Customer: { reference: ({ id }) => payments.map(({ payer }) => payer).find((one) => one.id === id) ?? null },
    },
  },
  risk: {
    sdl: `
      type Payment @key(fields: "id") {
        id: ID! amount: String! @external price: Money! @external
        limitOk: String! @requires(fields: "amount")
        priceOk: String! @requires(fields: "price { value currency }")
        owner: String!
      }
      type Money @shareable { value: String! currency: String! }
      type Customer @key(fields: "id") { id: ID! score: String! }`,
    resolvers: {
      Payment: {
        limitOk: ({ amount }) => `limit of ${amount}`,
        priceOk: ({ price }) => {
          const { value, currency } = price as { value: string; currency: string };
          return `price of ${value} ${currency}`;
        },
        owner: ({ id }) => `owner of ${id}`,
      },
      Customer: { score: ({ id }) => `score of ${id}` },
    },
  },
});

describe('an alias cannot forge', () => {
  it.each([
    [
      'what another field requires',
      '{ payment(id: "pay_1") { amount: fee limitOk } }',
      { amount: '1', limitOk: 'limit of 10' },
    ],
    [
      'what another field requires, with the true one under another name',
      '{ payment(id: "pay_1") { amount: fee fee: amount limitOk } }',
      { amount: '1', fee: '10', limitOk: 'limit of 10' },
    ],
    [
      'an object that another field requires',
      '{ payment(id: "pay_1") { price: total(currency: "EUR") { value } priceOk } }',
      { price: { value: 'total in EUR' }, priceOk: 'price of 10 USD' },
    ],
    [
      'a part of an object that another field requires',
      '{ payment(id: "pay_1") { price { value: currency } priceOk } }',
      { price: { value: 'USD' }, priceOk: 'price of 10 USD' },
    ],
    ['a key', '{ payment(id: "pay_1") { id: payerId owner } }', { id: 'cus_1', owner: 'owner of pay_1' }],
    [
      'a key, with the true one under another name',
      '{ payment(id: "pay_1") { id: payerId payerId: id owner limitOk } }',
      { id: 'cus_1', payerId: 'pay_1', owner: 'owner of pay_1', limitOk: 'limit of 10' },
    ],
    [
      'a key by an object',
      '{ payment(id: "pay_1") { id: payer { score } owner } }',
      { id: { score: 'score of cus_1' }, owner: 'owner of pay_1' },
    ],
    [
      'a type',
      '{ payment(id: "pay_1") { __typename: payerId owner limitOk } }',
      { __typename: 'cus_1', owner: 'owner of pay_1', limitOk: 'limit of 10' },
    ],
    [
      'an object on the way to an entity',
      '{ payment(id: "pay_1") { payer: price { value } price: payer { score name } } }',
      { payer: { value: '10' }, price: { score: 'score of cus_1', name: 'Ama' } },
    ],
  ])('%s', async (_, query, payment) => {
    expect(await federation.ask(query)).toEqual({ data: { payment } });
  });

  it('the type of a member of a union', async () => {
    const query = `{ search {
      ... on Payment { __typename: fee id: amount owner }
      ... on Customer { __typename: name id: name score }
    } }`;
    expect(await federation.ask(query)).toEqual({
      data: {
        search: [
          { __typename: '1', id: '10', owner: 'owner of pay_1' },
          { __typename: 'Kofi', id: 'Kofi', score: 'score of cus_2' },
        ],
      },
    });
  });

  it('anything in lists or under aliased parents', async () => {
    expect(await federation.ask('{ payment: payments { id: fee amount: id owner limitOk } }')).toEqual({
      data: {
        payment: [
          { id: '1', amount: 'pay_1', owner: 'owner of pay_1', limitOk: 'limit of 10' },
          { id: '2', amount: 'pay_2', owner: 'owner of pay_2', limitOk: 'limit of 20' },
        ],
      },
    });
  });

  it.each(['_internal', '__paygraph', 'f0', '_0', 'e0', 'r', 'representations', '_entities'])(
    'what the gateway itself uses: %s',
    async (name) => {
      const query = `{ ${name}: payment(id: "pay_1") { ${name}: fee _1: payerId owner limitOk } }`;
      expect(await federation.ask(query)).toEqual({
        data: { [name]: { [name]: '1', _1: 'cus_1', owner: 'owner of pay_1', limitOk: 'limit of 10' } },
      });
    },
  );
});

describe('one field under several names', () => {
  it('keeps the arguments of each', async () => {
    const query = `query ($currency: String) { payment(id: "pay_1") {
      total { value } eur: total(currency: "EUR") { value } given: total(currency: $currency) { value currency }
    } }`;
    expect(await federation.ask(query, { variables: { currency: 'GHS' } })).toEqual({
      data: {
        payment: {
          total: { value: 'total in undefined' },
          eur: { value: 'total in EUR' },
          given: { value: 'total in GHS', currency: 'GHS' },
        },
      },
    });
  });

  it('may be an entity each time', async () => {
    const query = `{ one: payment(id: "pay_1") { owner a: payer { score } b: payer { name s: score } }
      two: payment(id: "pay_2") { owner } none: payment(id: "pay_9") { owner } }`;
    expect(await federation.ask(query)).toEqual({
      data: {
        one: {
          owner: 'owner of pay_1',
          a: { score: 'score of cus_1' },
          b: { name: 'Ama', s: 'score of cus_1' },
        },
        two: { owner: 'owner of pay_2' },
        none: null,
      },
    });
  });
});

it('names are answered in the order in which they were asked', async () => {
  const { data } = await federation.ask('{ payment(id: "pay_1") { z: limitOk fee a: owner id } }');
  expect(Object.keys(data?.payment as object)).toEqual(['z', 'fee', 'a', 'id']);
});

import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const payments = [
  { id: 'pay_1', amount: { value: '10.00', currency: 'USD' }, legs: [{ rail: 'ACH' }, { rail: 'BOOKS' }], note: null },
  { id: 'pay_2', amount: { value: '99.00', currency: 'EUR' }, legs: [], note: 'rent' },
];
const instruments = [
  { __typename: 'Card', last4: '4242', brand: 'VISA' },
  { __typename: 'BankAccount', iban: 'DE1' },
];

const federation = useFederation({
  payments: {
    sdl: `
      type Query { payments: [Payment!]!  payment(id: ID!): Payment }
      type Payment @key(fields: "id") { id: ID! amount: Money! legs: [Leg!]! note: String instrument: Instrument! }
      type Money @shareable { value: String! currency: String! }
      type Leg @shareable { rail: String! }
      union Instrument = Card | BankAccount
      type Card @shareable { last4: String! brand: String! }
      type BankAccount @shareable { iban: String! }`,
    resolvers: {
      Query: { payments: () => payments, payment: (_query, { id }) => payments.find((one) => one.id === id) },
      Payment: {
        reference: ({ id }) => payments.find((one) => one.id === id) ?? null,
        instrument: ({ id }) => instruments[id === 'pay_1' ? 0 : 1],
      },
    },
  },
  risk: {
    sdl: `
      type Payment @key(fields: "id") {
        id: ID!
        amount: Money! @external
        legs: [Leg!]! @external
        note: String @external
        instrument: Instrument! @external
        score: Int! @requires(fields: "amount { value }")
        currencies: String! @requires(fields: "amount { currency }")
        rails: String! @requires(fields: "legs { rail }")
        quotedNote: String! @requires(fields: "note")
        instrumentMark: String! @requires(fields: "instrument { ... on Card { last4 } ... on BankAccount { iban } }")
      }
      type Money @shareable { value: String! @external currency: String! @external }
      type Leg @shareable { rail: String! @external }
      union Instrument = Card | BankAccount
      type Card @shareable { last4: String! @external }
      type BankAccount @shareable { iban: String! @external }`,
    resolvers: {
      Payment: {
        score: ({ amount }) => Number((amount as { value: string }).value) | 0,
        currencies: ({ amount }) => `in ${(amount as { currency: string }).currency}`,
        rails: ({ legs }) => (legs as { rail: string }[]).map(({ rail }) => rail).join('+'),
        quotedNote: ({ note }) => JSON.stringify(note),
        instrumentMark: ({ instrument }) => JSON.stringify(instrument),
      },
    },
  },
  review: {
    sdl: `
      type Payment @key(fields: "id") {
        id: ID!
        score: Int! @external
        note: String @external
        decision: String! @requires(fields: "score note")
      }`,
    resolvers: { Payment: { decision: ({ score, note }) => `${Number(score) > 50 ? 'REVIEW' : 'APPROVE'} ${note}` } },
  },
  notices: {
    sdl: `
      type Payment @key(fields: "id") {
        id: ID!
        decision: String! @external
        score: Int! @external
        notice: String! @requires(fields: "decision score")
      }`,
    resolvers: { Payment: { notice: ({ decision, score }) => `${decision} (${score})` } },
  },
});

describe('a field that requires others gets', () => {
  it.each([
    ['a field of an object', '{ payments { score } }', [{ score: 10 }, { score: 99 }]],
    ['fields of all objects of a list', '{ payments { rails } }', [{ rails: 'ACH+BOOKS' }, { rails: '' }]],
    ['null where it is null', '{ payments { quotedNote } }', [{ quotedNote: 'null' }, { quotedNote: '"rent"' }]],
  ])('%s', async (_, query, answer) => {
    expect(await federation.ask(query)).toEqual({ data: { payments: answer } });
  });

  it('the fields of the type that an abstract value has', async () => {
    const { data, errors } = await federation.ask('{ payments { instrumentMark } }');
    expect(errors).toBeUndefined();
    // Each is told its own type's fields, and no others of them.
    expect(data).toEqual({
      payments: [
        { instrumentMark: expect.stringMatching(/"last4":"4242"/) },
        { instrumentMark: expect.stringMatching(/"iban":"DE1"/) },
      ],
    });
    expect(JSON.stringify(data)).not.toContain('brand');
  });

  it('what requires something itself, over several subgraphs', async () => {
    expect(await federation.ask('{ payment(id: "pay_2") { notice } }')).toEqual({
      data: { payment: { notice: 'REVIEW rent (99)' } },
    });
  });

  it('the same in every place of one operation', async () => {
    const query = '{ payments { decision notice score } first: payment(id: "pay_1") { notice decision } }';
    expect(await federation.ask(query)).toEqual({
      data: {
        payments: [
          { decision: 'APPROVE null', notice: 'APPROVE null (10)', score: 10 },
          { decision: 'REVIEW rent', notice: 'REVIEW rent (99)', score: 99 },
        ],
        first: { notice: 'APPROVE null (10)', decision: 'APPROVE null' },
      },
    });
  });
});

it('required fields that nobody asked for are not answered', async () => {
  expect((await federation.ask('{ payment(id: "pay_1") { score amount { currency } } }')).data).toEqual({
    payment: { score: 10, amount: { currency: 'USD' } },
  });
});

it('nothing is sent beside the key and what is required', async () => {
  await federation.ask('{ payments { id note amount { value currency } score } }');
  expect(federation.represented('risk')).toEqual([
    [
      { __typename: 'Payment', id: 'pay_1', amount: { value: '10.00' } },
      { __typename: 'Payment', id: 'pay_2', amount: { value: '99.00' } },
    ],
  ]);
});

it('a field whose requirement failed is not asked for with a gap in it', async () => {
  federation.subgraphs.payments.behave({
    status: 200,
    body: JSON.stringify({
      data: { payments: [{ __typename: 'Payment', id: 'pay_1', amount: null }] },
      errors: [{ message: 'The books are closed', path: ['payments', 0, 'amount'], extensions: { code: 'NOT_FOUND' } }],
    }),
  });
  try {
    const { errors } = await federation.ask('{ payments { score } }');
    expect(errors).not.toEqual([]);
    expect(federation.represented('risk').flat()).not.toContainEqual(expect.objectContaining({ amount: {} }));
  } finally {
    federation.subgraphs.payments.behave('well');
  }
});

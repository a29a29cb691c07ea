import { expect, it } from 'vitest';
import { composed, startFederation } from './support/federation.ts';

const payments = `
  type Query { payment: Payment! }
  type Payment @key(fields: "id") { id: ID! amount(in: String): Money! total: Money! }
  type Money @shareable { value: String!  rounded(to: Int): String! }`;

const risk = (requirement: string) => `
  type Payment @key(fields: "id") {
    id: ID!
    amount(in: String): Money! @external
    score: String! @requires(fields: ${JSON.stringify(requirement)})
  }
  type Money @shareable { value: String!  rounded(to: Int): String! }`;

it.each(['amount(in: "USD") { value }', 'amount { rounded(to: 2) }', 'amount(in: null) { value }'])(
  'a field that requires another with arguments is refused when subgraphs are composed: %s',
  (requirement) => {
    // Plans do not tell one field with different arguments apart: its value would be whichever was asked for last.
    expect(() => composed({ payments, risk: risk(requirement) })).toThrow(
      /\[risk\] Payment\.score: .*passes arguments/,
    );
  },
);

it('a field that requires another without giving arguments gets it with their defaults, whatever the client gives', async () => {
  const federation = await startFederation({
    payments: {
      sdl: payments,
      resolvers: {
        Query: { payment: () => ({ id: 'pay_1' }) },
        Payment: {
          reference: ({ id }) => ({ id }),
          amount: (_payment, args) => ({ value: `amount in ${args.in ?? 'its own currency'}` }),
        },
        Money: { rounded: () => '' },
      },
    },
    risk: {
      sdl: risk('amount { value }'),
      resolvers: { Payment: { score: ({ amount }) => `score of ${(amount as { value: string }).value}` } },
    },
  });
  try {
    const query = '{ payment { score amount(in: "EUR") { value } yen: amount(in: "JPY") { value } } }';
    expect(await federation.ask(query)).toEqual({
      data: {
        payment: {
          score: 'score of amount in its own currency',
          amount: { value: 'amount in EUR' },
          yen: { value: 'amount in JPY' },
        },
      },
    });
  } finally {
    await federation.stop();
  }
});

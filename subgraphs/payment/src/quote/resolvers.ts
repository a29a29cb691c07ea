import { formatAmount } from '@paygraph/money';
import { ownerIs, requireCustomer } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { userErrorOf } from '../payment/refusal.ts';
import { debitOf } from './price.ts';

export const quoteResolvers = {
  Mutation: {
    async createPaymentQuote(_parent, { input }, { operations, principal, requestId }) {
      const outcome = await operations.quote(requireCustomer(principal), input, requestId);
      if (outcome.kind === 'refused') return { quote: null, userErrors: [userErrorOf(outcome)] };
      return { quote: outcome.quote, userErrors: [] };
    },
  },

  PaymentQuote: {
    async __resolveReference({ id }, { loaders, principal }) {
      const quote = await loaders.quote.load(id);
      return quote && ownerIs(principal, quote.customerId) ? quote : null;
    },
    id: ({ id }) => id,
    kind: ({ kind }) => kind,
    rail: ({ rail }) => rail,
    amount: ({ amount }) => amount,
    debit: ({ kind, price }) => (kind === 'COLLECTION' ? price.source : debitOf(price)),
    credit: ({ price }) => price.target,
    fees: ({ price }) => [price.fee].filter(({ amount }) => amount.amount > 0n),
    exchangeRate: ({ price }) => price.conversion?.exchangeRate ?? null,
    expiresAt: ({ expiresAt }) => expiresAt,
  },

  PaymentFee: {
    label: ({ label }) => label,
    amount: ({ amount }) => amount,
  },

  Money: {
    amount: formatAmount,
    currency: ({ currency }) => currency,
  },
} satisfies Resolvers;

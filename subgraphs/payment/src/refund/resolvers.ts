import { requireCustomer } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { userErrorOf } from '../payment/refusal.ts';
import { refundFailureMessages } from './refund.ts';

export const refundResolvers = {
  Mutation: {
    async refundPayment(_parent, { input }, { operations, principal }) {
      const outcome = await operations.refund(requireCustomer(principal), input);
      if (outcome.kind === 'refused') return { refund: null, replayed: false, userErrors: [userErrorOf(outcome)] };
      return { refund: outcome.refund, replayed: outcome.replayed, userErrors: [] };
    },
  },

  Refund: {
    id: ({ id }) => id,
    amount: ({ amount }) => amount,
    state: ({ state }) => state,
    failure: ({ failureCode }) => failureCode,
    failureCode: ({ failureCode }) => failureCode,
    note: ({ note }) => note,
    createdAt: ({ createdAt }) => createdAt,
    endedAt: ({ endedAt }) => endedAt,
  },

  RefundFailure: {
    code: (code) => code,
    message: (code) => refundFailureMessages[code],
  },
} satisfies Resolvers;

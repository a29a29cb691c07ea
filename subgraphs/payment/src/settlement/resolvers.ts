import { pageFrom, requireCustomer, toConnection } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { userErrorOf } from '../payment/refusal.ts';

export const settlementResolvers = {
  Query: {
    async railSettlements(_parent, { rail, ...range }, { settlements }) {
      const page = pageFrom(range);
      return toConnection(await settlements.page(rail ?? null, page), page, ({ id }) => [id]);
    },
  },

  Mutation: {
    async recordSettlement(_parent, { input }, { operations, principal }) {
      const outcome = await operations.settle(requireCustomer(principal), input);
      if (outcome.kind === 'refused') return { settlement: null, replayed: false, userErrors: [userErrorOf(outcome)] };
      return { settlement: outcome.settlement, replayed: outcome.replayed, userErrors: [] };
    },
  },

  RailSettlement: {
    id: ({ id }) => id,
    rail: ({ rail }) => rail,
    direction: ({ direction }) => direction,
    amount: ({ amount }) => amount,
    reference: ({ reference }) => reference,
    note: ({ note }) => note,
    state: ({ bookedAt }) => (bookedAt === null ? 'RECORDED' : 'BOOKED'),
    recordedBy: ({ actor }) => actor,
    createdAt: ({ createdAt }) => createdAt,
    bookedAt: ({ bookedAt }) => bookedAt,
  },
} satisfies Resolvers;

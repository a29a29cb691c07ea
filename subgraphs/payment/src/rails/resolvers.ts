import { pageFrom, requireCustomer, toConnection } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { userErrorOf } from '../payment/refusal.ts';

export const railResolvers = {
  Query: {
    async railAttempts(_parent, { rail = null, reasons = null, ...range }, { attention }) {
      const page = pageFrom(range);
      return toConnection(await attention.page({ rail, reasons }, page), page, ({ id }) => [id]);
    },
  },

  Mutation: {
    async decideRailAttempt(_parent, { input }, { operations, principal }) {
      const outcome = await operations.decide(requireCustomer(principal), input);
      if (outcome.kind === 'refused') return { attempt: null, replayed: false, userErrors: [userErrorOf(outcome)] };
      return { attempt: outcome.attempt, replayed: outcome.replayed, userErrors: [] };
    },
  },

  RailAttempt: {
    id: ({ id }) => id,
    subjectId: ({ subjectId }) => subjectId,
    number: ({ number }) => number,
    direction: ({ direction }) => direction,
    amount: ({ amount }) => amount,
    rail: ({ rail }) => rail,
    reference: ({ reference }) => reference,
    railReference: ({ railReference }) => railReference,
    state: ({ state }) => state,
    railCode: ({ railCode }) => railCode,
    charge: ({ charge }) => charge,
    candidates: ({ candidates }) => [...candidates],
    contradictedAt: ({ contradictedAt }) => contradictedAt,
    inDoubt: ({ inDoubt }) => inDoubt,
    attention: async ({ id }, _args, { loaders }) => (await loaders.attention.load(id))?.reason ?? null,
    decisions: async ({ id }, _args, { loaders }) => [...(await loaders.decisions.load(id))],
    createdAt: ({ createdAt }) => createdAt,
    submittedAt: ({ submittedAt }) => submittedAt,
    decidedAt: ({ decidedAt }) => decidedAt,
  },

  RailAttemptDecision: {
    outcome: ({ outcome }) => outcome,
    railReference: ({ railReference }) => railReference,
    decidedBy: ({ actor }) => actor,
    note: ({ note }) => note,
    at: ({ at }) => at,
  },

  RailCandidate: {
    rail: ({ rail }) => rail,
    score: ({ score }) => score,
    why: ({ why }) => why,
  },
} satisfies Resolvers;

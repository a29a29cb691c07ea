import type { Resolvers } from '../generated/graphql.ts';

export const railResolvers = {
  RailAttempt: {
    id: ({ id }) => id,
    number: ({ number }) => number,
    rail: ({ rail }) => rail,
    reference: ({ reference }) => reference,
    railReference: ({ railReference }) => railReference,
    state: ({ state }) => state,
    railCode: ({ railCode }) => railCode,
    charge: ({ charge }) => charge,
    candidates: ({ candidates }) => [...candidates],
    contradictedAt: ({ contradictedAt }) => contradictedAt,
    createdAt: ({ createdAt }) => createdAt,
    submittedAt: ({ submittedAt }) => submittedAt,
    decidedAt: ({ decidedAt }) => decidedAt,
  },

  RailCandidate: {
    rail: ({ rail }) => rail,
    score: ({ score }) => score,
    why: ({ why }) => why,
  },
} satisfies Resolvers;

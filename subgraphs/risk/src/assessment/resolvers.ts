import { hasScope, type Principal } from '@paygraph/auth';
import { ownerIs, pageFrom, toConnection } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { decisionOf, type StoredAssessment } from './assessment.ts';
import { requestsFrom } from './input.ts';

/** The payer and staff; whether an assessment exists is no business of anybody else's. */
function maySee(principal: Principal, { payerId }: StoredAssessment): boolean {
  return hasScope(principal, 'risk:read:any') || (payerId !== null && ownerIs(principal, payerId));
}

export const assessmentResolvers: Resolvers = {
  Query: {
    riskReviewQueue: async (_parent, args, { assessments }) => {
      const page = pageFrom(args);
      const rows = await assessments.awaitingReview({
        limit: page.limit + 1,
        cursor: page.cursor?.[0],
        backward: page.backward,
      });
      return toConnection(rows, page, ({ id }) => [id]);
    },
  },
  Mutation: {
    assessPayments: async (_parent, { requests }, { assessor }) => {
      const found = await assessor(requestsFrom(requests));
      return found.map((assessment) => ({
        paymentId: assessment.paymentId,
        assessmentId: assessment.id,
        decision: decisionOf(assessment),
      }));
    },
  },
  Payment: {
    __resolveReference: ({ id }) => ({ id }),
    riskAssessment: async ({ id }, _args, { assessmentByPayment, principal }) => {
      const assessment = await assessmentByPayment.load(id);
      return assessment && maySee(principal, assessment) ? assessment : null;
    },
  },
  RiskAssessment: {
    __resolveReference: async ({ id }, { assessmentById, principal }) => {
      const assessment = await assessmentById.load(id);
      return assessment && maySee(principal, assessment) ? assessment : null;
    },
    decision: decisionOf,
    facts: ({ facts }) => Object.entries(facts).map(([name, value]) => ({ name, value: JSON.stringify(value) })),
    reasons: ({ reasons }) => [...reasons],
    payment: ({ paymentId }) => ({ id: paymentId }),
  },
};

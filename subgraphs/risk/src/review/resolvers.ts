import { requireCustomer } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { judgeReview, refusal } from './decide.ts';

export const reviewResolvers: Resolvers = {
  Mutation: {
    decideRiskReview: async (_parent, { input }, { principal, assessments, assessmentById, reviews }) => {
      const analyst = requireCustomer(principal);
      const judged = judgeReview(input, await assessmentById.load(input.assessmentId), analyst.id);
      if (judged.kind === 'refused') return { assessment: null, userErrors: [refusal(judged.code)] };
      const first = await reviews.add(judged.review);
      const [assessment = null] = await assessments.byIds([input.assessmentId]);
      const agreed = first || assessment?.review?.decision === judged.review.decision;
      return agreed ? { assessment, userErrors: [] } : { assessment: null, userErrors: [refusal('ALREADY_DECIDED')] };
    },
  },
};

import type { PrismaClient } from '../generated/prisma/client.ts';

export interface NewReview {
  readonly assessmentId: string;
  readonly decision: 'APPROVE' | 'DECLINE';
  readonly note: string;
  readonly analystId: string;
}

export interface ReviewStore {
  /** Whether this one was kept; false when the assessment has a review already. */
  add(review: NewReview): Promise<boolean>;
}

export function createReviewStore(database: PrismaClient): ReviewStore {
  return {
    async add(review) {
      const { count } = await database.review.createMany({ data: [review], skipDuplicates: true });
      return count === 1;
    },
  };
}

import type { Decision, Reason } from '../rules/rule-set.ts';

/** An analyst's decision on an assessment. */
export interface StoredReview {
  readonly decision: Decision;
  readonly note: string;
  readonly analystId: string;
  readonly at: Date;
}

/** An assessment as the database has it. */
export interface StoredAssessment {
  readonly id: string;
  readonly paymentId: string;
  readonly payerId: string | null;
  readonly payeeId: string | null;
  readonly ruleSetVersion: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly ruleDecision: Decision;
  readonly score: number;
  readonly reasons: readonly Reason[];
  readonly assessedAt: Date;
  readonly review: StoredReview | null;
}

/** What to do: the analyst's word where there is one, else the rules'. */
export function decisionOf({ ruleDecision, review }: Pick<StoredAssessment, 'ruleDecision' | 'review'>): Decision {
  return review?.decision ?? ruleDecision;
}

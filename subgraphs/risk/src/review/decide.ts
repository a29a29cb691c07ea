import { displayText } from '@paygraph/subgraph';
import type { StoredAssessment } from '../assessment/assessment.ts';
import type { DecideRiskReviewErrorCode, DecideRiskReviewInput } from '../generated/graphql.ts';
import type { NewReview } from './store.ts';

const maxNoteLength = 500;

export type ReviewRefusal = {
  readonly code: DecideRiskReviewErrorCode;
  readonly message: string;
  readonly field: string[] | null;
};

const refusals: Record<DecideRiskReviewErrorCode, Omit<ReviewRefusal, 'code'>> = {
  ASSESSMENT_NOT_FOUND: { message: 'There is no such assessment.', field: ['input', 'assessmentId'] },
  NOT_IN_REVIEW: { message: 'The rules did not ask for a review.', field: ['input', 'assessmentId'] },
  ALREADY_DECIDED: { message: 'An analyst has decided this before.', field: ['input', 'assessmentId'] },
  DECISION_INVALID: { message: 'Decide APPROVE or DECLINE.', field: ['input', 'decision'] },
  NOTE_INVALID: {
    message: `Say why in 1 to ${maxNoteLength} characters, none of them a control character.`,
    field: ['input', 'note'],
  },
  OWN_PAYMENT: { message: 'You take part in this payment.', field: null },
};

export function refusal(code: DecideRiskReviewErrorCode): ReviewRefusal {
  return { code, ...refusals[code] };
}

/** An analyst's decision as a review to keep, or why it is refused. Whether another came first, the database says. */
export function judgeReview(
  input: DecideRiskReviewInput,
  assessment: StoredAssessment | null,
  analystId: string,
): { kind: 'review'; review: NewReview } | { kind: 'refused'; code: DecideRiskReviewErrorCode } {
  const refused = (code: DecideRiskReviewErrorCode) => ({ kind: 'refused', code }) as const;
  const { assessmentId, decision } = input;
  const note = displayText(input.note, maxNoteLength);
  if (decision === 'REVIEW') return refused('DECISION_INVALID');
  if (!note) return refused('NOTE_INVALID');
  if (!assessment) return refused('ASSESSMENT_NOT_FOUND');
  if (assessment.ruleDecision !== 'REVIEW') return refused('NOT_IN_REVIEW');
  if (assessment.payerId === analystId || assessment.payeeId === analystId) return refused('OWN_PAYMENT');
  return { kind: 'review', review: { assessmentId, decision, note, analystId } };
}

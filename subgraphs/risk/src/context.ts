import type { RequestScope } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { StoredAssessment } from './assessment/assessment.ts';
import type { Assessor } from './assessment/assessor.ts';
import type { AssessmentStore } from './assessment/store.ts';
import type { ReviewStore } from './review/store.ts';
import type { ActiveRuleSet } from './rules/active.ts';

/** A payment as other subgraphs refer to it. */
export interface PaymentReference {
  readonly id: string;
}

/** What resolvers work with. */
export interface Context extends RequestScope {
  readonly assessor: Assessor;
  readonly assessments: AssessmentStore;
  readonly reviews: ReviewStore;
  readonly ruleSet: ActiveRuleSet;
  readonly assessmentById: DataLoader<string, StoredAssessment | null>;
  readonly assessmentByPayment: DataLoader<string, StoredAssessment | null>;
}

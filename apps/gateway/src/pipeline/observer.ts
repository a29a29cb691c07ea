import type { GraphQLError } from 'graphql';
import type { Answer, AnswerInParts } from '../execution/answer.ts';
import type { PreparedOperation } from './prepare.ts';

/** Is told what becomes of operations. */
export interface OperationObserver {
  /** One is planned while its caller waits. */
  planned(): void;
  /** One was turned away before anything ran. */
  rejected(errors: readonly GraphQLError[]): void;
  /** A query or mutation has run for so many ms. */
  ran(prepared: PreparedOperation, ms: number, answer: Answer | AnswerInParts, costOf: CostOf): void;
}

/** What an answer has cost, where the estimate has what it may cost. Dear: it reads the answer. */
export type CostOf = (prepared: PreparedOperation, answer: Answer | AnswerInParts) => number;

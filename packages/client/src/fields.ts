/** A subscription field that can be taken up again after the last event that a client has. */
export interface ResumableField {
  /** The field, as it stands in an answer: an alias hides it. */
  readonly field: string;
  /** The field of an event that holds its cursor. The operation must select it. */
  readonly cursor: string;
  /** The variable that the operation gives as the cursor to go on from. */
  readonly variable: string;
}

/** The resumable subscriptions of Paygraph, with variables named like the arguments that they are for. */
export const paygraphFields: readonly ResumableField[] = [
  { field: 'paymentStateChanged', cursor: 'sequence', variable: 'afterSequence' },
  { field: 'walletActivity', cursor: 'cursor', variable: 'after' },
  { field: 'paymentsActivity', cursor: 'cursor', variable: 'after' },
];

/** Rails that are ours: money moves within the books, or a person says that it has moved outside. */
export const ownRails = {
  book: 'Paygraph',
  manual: 'Deposit',
} as const;

/** What carries a payment: one of ours, or the name of an adapter. */
export type Rail = string;

import type { Id } from '@paygraph/ids';
import type { Quote, QuoteResult } from './quote.ts';

/** A wish to lock a quote to a payment. */
export interface Lock {
  readonly quoteId: string;
  readonly paymentId: Id<'pay'>;
}

/**
 * What became of a lock, from the quote as it stands after every lock that could be taken was taken: whoever holds it has
 * it, and what nobody holds had run out.
 */
export function judgeLock({ paymentId }: Lock, quote: Quote | undefined): QuoteResult {
  if (!quote) return { kind: 'refused', code: 'QUOTE_NOT_FOUND' };
  if (quote.paymentId === paymentId) return { kind: 'quote', quote };
  return { kind: 'refused', code: quote.paymentId === null ? 'QUOTE_EXPIRED' : 'QUOTE_ALREADY_USED' };
}

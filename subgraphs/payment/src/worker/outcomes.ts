import type { Payment, Payout, Transfer } from '../payment/payment.ts';
import { postingOf, reservedBy } from '../payment/posting.ts';
import { type BookAnswer, reservationGraceMs } from './books.ts';
import { failureFor } from './ledger-refusals.ts';
import { failed, type Outcome } from './stage.ts';

export function reservationOf(payment: Transfer | Payout) {
  const { id, kind, reservationId } = payment;
  const expiresAt = new Date(payment.expiresAt.getTime() + reservationGraceMs);
  return { id: reservationId, kind, reference: id, entries: reservedBy(payment), expiresAt };
}

/** What a capture names: of all that is reserved nothing, of a part its entries. */
export function captureOf(payment: Payment) {
  const { transactionId, reservationId } = payment;
  return { id: transactionId, reservationId, ...(payment.captured && { entries: postingOf(payment) }) };
}

export function outcomeOf(payment: Payment, answer: BookAnswer, whenDone: Outcome): Outcome {
  switch (answer.kind) {
    case 'done':
      return whenDone;
    case 'refused':
      return failed(failureFor(payment, answer));
    case 'other-content':
      return failed('INTERNAL');
    case 'unknown':
      return answer;
  }
}

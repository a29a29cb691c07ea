import type { Payment } from '../payment/payment.ts';
import { postingOf } from '../payment/posting.ts';
import type { BookAnswer } from './books.ts';
import { failureFor } from './ledger-refusals.ts';
import { failed, type Outcome } from './stage.ts';

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

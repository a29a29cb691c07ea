import { type CustomerPrincipal, hasScope } from '@paygraph/auth';
import type { CancelPaymentErrorCode } from '../generated/graphql.ts';
import { movedAtOnce } from '../worker/at-once.ts';
import type { Books } from '../worker/books.ts';
import type { Endings } from './ending.ts';
import type { PaymentReason, PaymentState } from './lifecycle.ts';
import type { Moves } from './move.ts';
import { type Payment, ridesRail } from './payment.ts';
import { type Refused, refused } from './refusal.ts';
import type { Payments } from './store.ts';

export interface Cancelled {
  readonly kind: 'cancelled';
  readonly payment: Payment;
}

/** Whoever loses the race is told who won. */
const standings: Record<PaymentState, string> = {
  INITIATED: 'The payment is being taken up. Try again.',
  VALIDATING: 'The payment is being checked. Try again.',
  IN_REVIEW: 'The payment is under review. Try again.',
  PENDING: 'The payment is about to be carried out. Try again.',
  PROCESSING: 'The payment is being carried out already.',
  CONFIRMED: 'The payment has been carried out.',
  FAILED: 'The payment has failed.',
  EXPIRED: 'The payment has run out of time.',
  CANCELLED: 'The payment has been called off before.',
  REFUNDED: 'The payment has been carried out and refunded.',
};

/** Whose payment it is: the payer's, or of a collection over a rail whoever asked for it. */
function ownerOf(payment: Payment): string | null {
  if ('customerId' in payment.payer) return payment.payer.customerId;
  return ridesRail(payment) && 'customerId' in payment.payee ? payment.payee.customerId : null;
}

export interface CancelDependencies {
  readonly payments: Payments;
  readonly moves: Moves;
  readonly endings: Pick<Endings, 'takeOver'>;
  readonly books: Pick<Books, 'close'>;
  /** Told of every step taken. */
  readonly moved: (payments: readonly Payment[]) => void;
}

/**
 * Calls a payment off: the payer's own, or any with `payment:cancel:any`. Decided under the row's lock against worker and
 * expiry, by the books for what they may be carrying out; in either case with exactly one winner.
 */
export async function cancelPayment(
  dependencies: CancelDependencies,
  customer: CustomerPrincipal,
  paymentId: string,
): Promise<Cancelled | Refused<CancelPaymentErrorCode>> {
  const { payments, moved } = dependencies;
  const [payment] = await payments.byIds([paymentId]);
  if (!payment) return refused('PAYMENT_NOT_FOUND');
  const own = ownerOf(payment) === customer.id && hasScope(customer, 'payment:write');
  if (!own && !hasScope(customer, 'payment:cancel:any')) return refused('PAYMENT_NOT_FOUND');
  const reason = own ? 'CANCELLED_BY_CUSTOMER' : 'CANCELLED_BY_OPERATOR';
  const { now, isClosed } = await callOff(dependencies, payment.id, reason, customer.id);
  if (now) moved([now]);
  const [winner = payment] = now ? [now] : await payments.byIds([paymentId]);
  // Whoever closed its reservation called it off, though somebody else may have come to write that.
  if (winner.state === 'CANCELLED' && (now || isClosed)) return { kind: 'cancelled', payment: winner };
  return refused('NOT_CANCELLABLE', standings[winner.state]);
}

interface CalledOff {
  /** The payment after the step that was taken, if one was. */
  readonly now: Payment | undefined;
  /** Whether the books were found to have closed its reservation. */
  readonly isClosed?: boolean;
}

async function callOff(
  { moves, endings, books }: CancelDependencies,
  paymentId: string,
  reason: PaymentReason,
  actor: string,
): Promise<CalledOff> {
  const now = await moves.cancel(paymentId, reason, actor);
  if (now) return { now };
  const payment = await endings.takeOver(paymentId, reason, actor);
  if (!payment) return { now };
  const [closing] = await books.close([payment.reservationId]);
  if (closing?.kind === 'closed') return { now: await moves.cancel(paymentId, reason, actor, true), isClosed: true };
  return {
    now: closing?.kind === 'moved' ? (await moves.advance([{ payment, ...movedAtOnce(payment) }]))[0] : undefined,
  };
}

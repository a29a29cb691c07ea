import { type CustomerPrincipal, hasScope } from '@paygraph/auth';
import type { Database } from '../database.ts';
import type { CapturePaymentErrorCode, CapturePaymentInput } from '../generated/graphql.ts';
import type { Price } from '../quote/price.ts';
import { amountFrom } from './amount.ts';
import { fingerprintOf, isIdempotencyKey, useOf } from './idempotency.ts';
import type { PaymentState } from './lifecycle.ts';
import type { Made } from './make.ts';
import type { Moves } from './move.ts';
import { priceOfPart } from './partial.ts';
import type { Payment } from './payment.ts';
import { type Refused, refused } from './refusal.ts';
import type { Payments } from './store.ts';

export interface CaptureDependencies {
  readonly database: Database;
  readonly payments: Payments;
  readonly moves: Moves;
  readonly moved: (payments: readonly Payment[]) => void;
}

type CaptureRefused = Refused<CapturePaymentErrorCode>;

/**
 * Lets a payment that waits for it be carried out, wholly or in part: the payer's own, or any with `payment:capture:any`.
 * Decided under the row's lock against cancel and expiry, with exactly one winner, and whoever loses is told who won.
 */
export async function capturePayment(
  { database, payments, moves, moved }: CaptureDependencies,
  customer: CustomerPrincipal,
  input: CapturePaymentInput,
): Promise<Made | CaptureRefused> {
  const { idempotencyKey: key, paymentId } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  const use = { principalId: customer.id, key, fingerprint: fingerprintOf('capturePayment', input) };
  const [payment] = await payments.byIds([paymentId]);
  if (!payment || !mayCapture(customer, payment)) return refused('PAYMENT_NOT_FOUND');
  const used = await useOf(database, use);
  if (used.kind === 'REUSED') return refused('IDEMPOTENCY_KEY_REUSED');
  if (used.kind === 'used') return { kind: 'made', payment, replayed: true };
  if (payment.captureMethod !== 'MANUAL') return refused('NOT_CAPTURABLE', 'The payment is carried out by itself.');
  const part = partOf(payment, input);
  if (part !== null && 'kind' in part) return part;

  const now = await moves.capture(payment.id, part, use);
  if (now) moved([now]);
  if (now?.state === 'PROCESSING') return { kind: 'made', payment: now, replayed: false };
  if (now) return refused('NOT_CAPTURABLE', standings[now.state]);
  const again = await useOf(database, use);
  if (again.kind === 'REUSED') return refused('IDEMPOTENCY_KEY_REUSED');
  const [winner = payment] = await payments.byIds([paymentId]);
  if (again.kind === 'used') return { kind: 'made', payment: winner, replayed: true };
  return refused('NOT_CAPTURABLE', standings[winner.state]);
}

function mayCapture(customer: CustomerPrincipal, payment: Payment): boolean {
  if (hasScope(customer, 'payment:capture:any')) return true;
  const isPayer = 'customerId' in payment.payer && payment.payer.customerId === customer.id;
  return isPayer && hasScope(customer, 'payment:write');
}

/** What to capture, when that is less than what was agreed. */
function partOf({ price }: Payment, input: CapturePaymentInput): Price | null | CaptureRefused {
  if (!input.amount) return null;
  const amount = amountFrom(input.amount);
  if ('kind' in amount) return amount;
  if (amount.currency !== price.source.currency) return refused('CURRENCY_MISMATCH');
  if (amount.amount > price.source.amount) return refused('AMOUNT_TOO_LARGE');
  if (amount.amount === price.source.amount) return null;
  const part = priceOfPart(price, amount.amount);
  return part.kind === 'part' ? part.price : refused('AMOUNT_TOO_SMALL', 'Too little would arrive after conversion.');
}

/** Whoever loses the race is told who won. */
const standings: Record<PaymentState, string> = {
  INITIATED: 'The payment has not been checked yet. Try again.',
  VALIDATING: 'The payment is being checked. Try again.',
  IN_REVIEW: 'The payment is under review. Try again.',
  PENDING: 'The payment is being dealt with. Try again.',
  PROCESSING: 'The payment has been captured already.',
  CONFIRMED: 'The payment has been captured and carried out.',
  FAILED: 'The payment has failed.',
  EXPIRED: 'The payment has run out of time.',
  CANCELLED: 'The payment has been called off.',
  REFUNDED: 'The payment has been carried out and refunded.',
};

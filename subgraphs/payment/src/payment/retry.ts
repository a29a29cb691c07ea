import { type Database, literals } from '../database.ts';
import type { RetryPaymentErrorCode } from '../generated/graphql.ts';
import { workable } from '../worker/lease.ts';
import type { Payment } from './payment.ts';
import { type Refused, refused } from './refusal.ts';
import type { Payments } from './store.ts';

export interface Retried {
  readonly kind: 'retried';
  readonly payment: Payment;
}

/** Makes a payment under way, and its attempt over a rail, due at once: nothing else changes, and nobody is passed over. */
export async function retryPayment(
  { database, payments, made }: { database: Database; payments: Payments; made: () => void },
  paymentId: string,
): Promise<Retried | Refused<RetryPaymentErrorCode>> {
  const [payment] = await payments.byIds([paymentId]);
  if (!payment) return refused('PAYMENT_NOT_FOUND');
  const waitsForHand = payment.state === 'PENDING' && payment.captureMethod === 'MANUAL';
  if (waitsForHand) return refused('NOT_RETRYABLE', 'The payment waits for its capture.');
  if (!workable.some((state) => state === payment.state))
    return refused('NOT_RETRYABLE', `The payment is ${payment.state}.`);
  await database.$executeRaw`
    WITH due AS (
      UPDATE payment SET next_attempt_at = clock_timestamp(), attempts = 0
      WHERE id = ${payment.id} AND state IN (${literals(workable)})
    )
    UPDATE payment_attempt SET next_attempt_at = clock_timestamp()
    WHERE payment_id = ${payment.id} AND state IN ('CREATED', 'SUBMITTED', 'ACCEPTED')`;
  made();
  return { kind: 'retried', payment };
}

import type { CustomerPrincipal } from '@paygraph/auth';
import { type Database, literals } from '../database.ts';
import type { RetryPaymentErrorCode, RetryPaymentInput } from '../generated/graphql.ts';
import { workable } from '../worker/lease.ts';
import { isReason } from './note.ts';
import type { Payment } from './payment.ts';
import { type Refused, refused } from './refusal.ts';
import type { Payments } from './store.ts';

export interface Retried {
  readonly kind: 'retried';
  readonly payment: Payment;
}

/** That an operator had a payment tried again at once. */
export interface Retry {
  readonly paymentId: string;
  /** Who: `cus_…`. */
  readonly actor: string;
  /** Why. */
  readonly note: string;
  readonly at: Date;
}

interface RetryDependencies {
  readonly database: Database;
  readonly payments: Payments;
  readonly made: () => void;
}

/**
 * Makes a payment under way, and its attempt over a rail, due at once, and keeps who wanted that in the same statement: nothing
 * else changes, and nobody is passed over.
 */
export async function retryPayment(
  { database, payments, made }: RetryDependencies,
  operator: CustomerPrincipal,
  { paymentId, note }: RetryPaymentInput,
): Promise<Retried | Refused<RetryPaymentErrorCode>> {
  if (!isReason(note)) return refused('NOTE_INVALID');
  const [payment] = await payments.byIds([paymentId]);
  if (!payment) return refused('PAYMENT_NOT_FOUND');
  const kept = await database.$executeRaw`
    WITH open AS MATERIALIZED (
      SELECT id, payment_id FROM payment_attempt
      WHERE payment_id = ${payment.id} AND state IN ('CREATED', 'SUBMITTED', 'ACCEPTED')
      FOR NO KEY UPDATE
    ),
    due AS (
      /* After its attempt, as whoever writes down what a rail said locks them. */
      UPDATE payment SET next_attempt_at = clock_timestamp(), attempts = 0
      FROM (SELECT count(*) FROM open) AS locked
      WHERE id = ${payment.id} AND state IN (${literals(workable)})
        AND NOT (state = 'PENDING' AND capture_method = 'MANUAL')
      RETURNING id
    ),
    attempt AS (
      UPDATE payment_attempt a SET next_attempt_at = clock_timestamp()
      FROM open, due
      WHERE a.id = open.id AND open.payment_id = due.id
    )
    INSERT INTO payment_retry (payment_id, actor, note) SELECT id, ${operator.id}, ${note} FROM due`;
  if (kept === 0) return notRetryable(payments, payment);
  made();
  return { kind: 'retried', payment };
}

/** Says where it stands: by now, for it may have come there meanwhile. */
async function notRetryable(payments: Payments, before: Payment): Promise<Refused<RetryPaymentErrorCode>> {
  const [{ state } = before] = await payments.byIds([before.id]);
  if (state === 'PENDING') return refused('NOT_RETRYABLE', 'The payment waits for its capture.');
  return refused('NOT_RETRYABLE', `The payment is ${state}.`);
}

/** The retries of these payments, the oldest first. */
export function retriesOf(database: Database, paymentIds: readonly string[]): Promise<Retry[]> {
  return database.$queryRaw<Retry[]>`
    SELECT payment_id AS "paymentId", actor, note, at FROM payment_retry
    WHERE payment_id = ANY(${[...paymentIds]}::text[])
    ORDER BY id`;
}

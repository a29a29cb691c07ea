import { type Id, newId } from '@paygraph/ids';
import { type Database, milliseconds, paymentColumns, refundColumns } from '../database.ts';
import type { Payment as PaymentRow, PaymentRefund as RefundRow } from '../generated/prisma/client.ts';
import type { RefundFailureCode } from '../generated/prisma/enums.ts';
import type { KeyUse } from '../payment/idempotency.ts';
import { type Payment, paymentFrom } from '../payment/payment.ts';
import { type Refund, refundFrom } from './refund.ts';

/** How a refund ended. */
export type RefundEnd = {
  readonly refund: Refund;
  /** What lies in SUSPENSE because a wallet could not take it, in minor units. */
  readonly suspended: bigint | null;
} & (
  | { readonly kind: 'succeeded'; readonly carriedBy: string | null }
  | { readonly kind: 'failed'; readonly code: RefundFailureCode }
);

export interface Refunds {
  byIds(ids: readonly string[]): Promise<Refund[]>;
  /** Those of these payments, the oldest first. */
  ofPayments(paymentIds: readonly string[]): Promise<Refund[]>;
  /**
   * Takes so much of what is left of a confirmed payment, with the key in the same statement; undefined when there is not
   * so much left, or the key has been used by now. Two that ask at once for more than is left get exactly one refund.
   */
  ask(payment: Payment, amount: bigint, note: string | null, use: KeyUse): Promise<Refund | undefined>;
  /**
   * Takes up to `limit` refunds that are due, with their payments: of each payment the one under way, or else the oldest.
   * What was refunded before is fixed with it.
   */
  claim(limit: number, leaseMs: number): Promise<{ readonly refund: Refund; readonly payment: Payment }[]>;
  postpone(postponements: readonly { readonly refund: Refund; readonly delayMs: number }[]): Promise<void>;
  /** Ends refunds, and takes their payments' steps, all in one statement. Answers the payments that took one. */
  end(ends: readonly RefundEnd[]): Promise<Payment[]>;
}

export function createRefunds(database: Database): Refunds {
  return {
    async byIds(ids) {
      return (await database.paymentRefund.findMany({ where: { id: { in: [...ids] } } })).map(refundFrom);
    },

    async ofPayments(paymentIds) {
      const where = { paymentId: { in: [...paymentIds] } };
      return (await database.paymentRefund.findMany({ where, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(
        refundFrom,
      );
    },

    async ask({ id, price }, amount, note, { principalId, key, fingerprint }) {
      const refundId: Id<'rfd'> = newId('rfd');
      const rows = await database.$queryRaw<RefundRow[]>`
        WITH locked AS MATERIALIZED (
          SELECT id, state, refunds_asked, COALESCE(captured_source, source_amount) AS captured
          FROM payment WHERE id = ${id} FOR NO KEY UPDATE
        ),
        used AS (
          INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id, payment_id)
          SELECT ${principalId}, ${key}, ${fingerprint}, ${refundId}, id FROM locked
          WHERE state = 'CONFIRMED' AND refunds_asked + ${amount}::bigint <= captured
          ON CONFLICT DO NOTHING
          RETURNING payment_id
        ),
        taken AS (
          UPDATE payment p SET refunds_asked = p.refunds_asked + ${amount}::bigint
          FROM used u
          WHERE p.id = u.payment_id
          RETURNING p.id
        ),
        made AS (
          INSERT INTO payment_refund
            (id, payment_id, amount, currency, note, actor, reservation_id, transaction_id, settlement_id)
          SELECT ${refundId}, id, ${amount}::bigint, ${price.source.currency}, ${note}, ${principalId},
            ${newId('res')}, ${newId('txn')}, ${newId('txn')}
          FROM taken
          RETURNING *
        )
        SELECT ${refundColumns('r')} FROM made r`;
      const [row] = rows;
      return row && refundFrom(row);
    },

    /**
     * Relies on payment_refund_due_idx and payment_refund_under_way_key. The time is taken under the payment's lock; ids are
     * chosen before it, by the clocks of several processes.
     */
    async claim(limit, leaseMs) {
      const rows = await database.$queryRaw<RefundRow[]>`
        WITH due AS MATERIALIZED (
          SELECT id, payment_id FROM payment_refund r
          WHERE state IN ('PENDING', 'PROCESSING') AND next_attempt_at <= now()
            AND (lease_until IS NULL OR lease_until <= now())
            AND (state = 'PROCESSING' OR NOT EXISTS (
              SELECT FROM payment_refund o
              WHERE o.payment_id = r.payment_id AND (
                o.state = 'PROCESSING' OR (o.state = 'PENDING' AND (o.created_at, o.id) < (r.created_at, r.id))
              )
            ))
          ORDER BY next_attempt_at
          LIMIT ${limit}
          FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE payment_refund r SET
          state = 'PROCESSING',
          before = COALESCE(r.before, (SELECT p.refunded FROM payment p WHERE p.id = due.payment_id)),
          lease_until = clock_timestamp() + ${milliseconds(leaseMs)}, lease_epoch = r.lease_epoch + 1
        FROM due
        WHERE r.id = due.id
        RETURNING ${refundColumns('r')}`;
      const refunds = rows.map(refundFrom);
      const found = await database.payment.findMany({
        where: { id: { in: refunds.map(({ paymentId }) => paymentId) } },
      });
      const payments = new Map(found.map((row) => [row.id, paymentFrom(row)]));
      return refunds.flatMap((refund) => {
        const payment = payments.get(refund.paymentId);
        return payment ? [{ refund, payment }] : [];
      });
    },

    async postpone(postponements) {
      if (postponements.length === 0) return;
      await database.$executeRaw`
        UPDATE payment_refund r
        SET lease_until = NULL, attempts = r.attempts + 1,
          next_attempt_at = clock_timestamp() + q.delay * interval '1 millisecond'
        FROM unnest(
          ${postponements.map(({ refund }) => refund.id)}::text[],
          ${postponements.map(({ refund }) => refund.leaseEpoch)}::int[],
          ${postponements.map(({ delayMs }) => Math.round(delayMs))}::int[]
        ) AS q (id, epoch, delay)
        WHERE r.id = q.id AND r.lease_epoch = q.epoch AND r.state = 'PROCESSING'`;
    },

    async end(ends) {
      if (ends.length === 0) return [];
      const rows = await database.$queryRaw<PaymentRow[]>`
        WITH locked AS MATERIALIZED (
          SELECT id, state FROM payment
          WHERE id = ANY(${ends.map(({ refund }) => refund.paymentId)}::text[])
          ORDER BY id FOR NO KEY UPDATE
        ),
        ended AS (
          UPDATE payment_refund r SET
            state = e.state::refund_state, failure_code = e.failure_code::refund_failure_code,
            diverted = e.diverted, carried_by = e.carried_by, ended_at = clock_timestamp(), lease_until = NULL
          FROM locked l, unnest(
            ${ends.map(({ refund }) => refund.id)}::text[],
            ${ends.map(({ refund }) => refund.leaseEpoch)}::int[],
            ${ends.map(({ kind }) => (kind === 'succeeded' ? 'SUCCEEDED' : 'FAILED'))}::text[],
            ${ends.map((end) => (end.kind === 'failed' ? end.code : null))}::text[],
            ${ends.map(({ suspended }) => suspended !== null)}::boolean[],
            ${ends.map((end) => (end.kind === 'succeeded' ? end.carriedBy : null))}::text[]
          ) AS e (id, epoch, state, failure_code, diverted, carried_by)
          WHERE r.id = e.id AND r.lease_epoch = e.epoch AND r.state = 'PROCESSING' AND l.id = r.payment_id
          RETURNING r.*
        ),
        moved AS (
          UPDATE payment p SET
            refunds_asked = p.refunds_asked - CASE e.state WHEN 'FAILED' THEN e.amount ELSE 0 END,
            refunded = p.refunded + CASE e.state WHEN 'SUCCEEDED' THEN e.amount ELSE 0 END,
            sequence = p.sequence + CASE e.state WHEN 'SUCCEEDED' THEN 1 ELSE 0 END,
            state = CASE
              WHEN e.state = 'SUCCEEDED' AND p.refunded + e.amount = COALESCE(p.captured_source, p.source_amount)
              THEN 'REFUNDED' ELSE p.state END
          FROM ended e
          WHERE p.id = e.payment_id
          RETURNING p.*, e.state AS refund_state
        ),
        step AS (
          INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
          SELECT id, sequence, 'CONFIRMED', state, 'REFUND_SUCCEEDED', 'payment' FROM moved WHERE refund_state = 'SUCCEEDED'
        ),
        suspended AS (
          INSERT INTO suspense_item (id, origin, state, amount, currency, payment_id, refund_id, source_id, transaction_id)
          SELECT s.id, 'WALLET_UNAVAILABLE', 'OPEN', s.amount, s.currency, e.payment_id, e.id, e.id, s.transaction_id
          FROM ended e
          JOIN unnest(
            ${ends.map(({ refund }) => refund.id)}::text[],
            ${ends.map(() => newId('sus'))}::text[],
            ${ends.map(({ suspended }) => suspended ?? 0n)}::bigint[],
            ${ends.map(({ refund }) => refund.amount.currency)}::text[],
            ${ends.map(({ refund, kind }) => (kind === 'succeeded' ? refund.transactionId : refund.settlementId))}::text[]
          ) AS s (refund_id, id, amount, currency, transaction_id) ON s.refund_id = e.id
          WHERE e.diverted
        )
        SELECT ${paymentColumns('p')} FROM moved p WHERE refund_state = 'SUCCEEDED'`;
      return rows.map(paymentFrom);
    },
  };
}

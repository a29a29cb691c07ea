import { type Database, literals, milliseconds, paymentColumns } from '../database.ts';
import type { Payment as PaymentRow } from '../generated/prisma/client.ts';
import type { PaymentState } from '../payment/lifecycle.ts';
import { inBooks, service } from '../payment/move.ts';
import { type Payment, paymentFrom } from '../payment/payment.ts';

/** States in which a worker has something to do. */
export const workable = [
  'INITIATED',
  'VALIDATING',
  'IN_REVIEW',
  'PENDING',
  'PROCESSING',
] as const satisfies PaymentState[];

export type WorkableState = (typeof workable)[number];

/** A payment that gets on no further for now. */
export interface Postponement {
  readonly payment: Payment;
  /** Until it may be tried again, in ms. */
  readonly delayMs: number;
  /** Whether the try counts: a longer pause follows the more of them there were. */
  readonly countsAsAttempt: boolean;
}

/** A payment that was taken up. */
export interface Claim {
  readonly payment: Payment;
  /** The state it was in until then. */
  readonly from: PaymentState;
}

export interface Leases {
  /**
   * Takes up to `limit` payments that are due and in nobody's hands, the longest due first. For those that are INITIATED their
   * checks start with it, unless their time has run out. What is in the books and out of time is left to be ended.
   */
  claim(limit: number): Promise<Claim[]>;
  /** Puts payments back until later; those that the worker has lost by now are left alone. */
  postpone(postponements: readonly Postponement[]): Promise<void>;
}

/** Whose a payment is, and for how long unless its owner writes in between. */
export interface Lease {
  readonly owner: string;
  readonly leaseMs: number;
}

/**
 * A claimed payment is its worker's until the lease runs out, and what the worker then writes counts only under the epoch
 * of its claim. So a worker that died holds a payment up for one lease, and one that was slow does no harm.
 */
export function createLeases(database: Database, { owner, leaseMs }: Lease): Leases {
  return {
    /** Relies on payment_due_idx. */
    async claim(limit) {
      const rows = await database.$queryRaw<(PaymentRow & { readonly begins: boolean })[]>`
        WITH due AS MATERIALIZED (
          SELECT id, state = 'INITIATED' AND expires_at > clock_timestamp() AS begins FROM payment
          WHERE state IN (${literals(workable)}) AND next_attempt_at <= now()
            AND (lease_until IS NULL OR lease_until <= now())
            AND NOT (${inBooks} AND expires_at <= now())
          ORDER BY next_attempt_at
          LIMIT ${limit}
          FOR NO KEY UPDATE SKIP LOCKED
        ),
        claimed AS (
          UPDATE payment p
          SET lease_owner = ${owner}, lease_until = clock_timestamp() + ${milliseconds(leaseMs)},
            lease_epoch = p.lease_epoch + 1,
            state = CASE WHEN due.begins THEN 'VALIDATING' ELSE p.state END,
            sequence = p.sequence + due.begins::int
          FROM due
          WHERE p.id = due.id
          RETURNING p.*, due.begins
        ),
        step AS (
          INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
          SELECT id, sequence, 'INITIATED', 'VALIDATING', 'CHECKS_STARTED', ${service} FROM claimed WHERE begins
        )
        SELECT ${paymentColumns('p')}, begins FROM claimed p`;
      return rows.map((row) => ({ payment: paymentFrom(row), from: row.begins ? 'INITIATED' : row.state }));
    },

    async postpone(postponements) {
      if (postponements.length === 0) return;
      await database.$executeRaw`
        WITH locked AS MATERIALIZED (
          SELECT id, state, lease_epoch FROM payment
          WHERE id = ANY(${postponements.map(({ payment }) => payment.id)}::text[])
          ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE payment p
        SET lease_owner = NULL, lease_until = NULL, attempts = p.attempts + q.attempts,
          next_attempt_at = clock_timestamp() + q.delay * interval '1 millisecond'
        FROM locked l
        JOIN unnest(
          ${postponements.map(({ payment }) => payment.id)}::text[],
          ${postponements.map(({ payment }) => payment.state)}::payment_state[],
          ${postponements.map(({ payment }) => payment.leaseEpoch)}::int[],
          ${postponements.map(({ delayMs }) => Math.round(delayMs))}::int[],
          ${postponements.map(({ countsAsAttempt }) => (countsAsAttempt ? 1 : 0))}::int[]
        ) AS q (id, state, epoch, delay, attempts) ON q.id = l.id AND q.state = l.state AND q.epoch = l.lease_epoch
        WHERE p.id = l.id`;
    },
  };
}

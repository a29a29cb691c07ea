import { type Database, literals, milliseconds, paymentColumns } from '../database.ts';
import { type PaymentEnding, type Payment as PaymentRow, Prisma } from '../generated/prisma/client.ts';
import type { Failure } from '../worker/stage.ts';
import type { FailureCode } from './failure.ts';
import type { PaymentReason } from './lifecycle.ts';
import { expirable, inBooks, service } from './move.ts';
import { type Payment, paymentFrom } from './payment.ts';

/** How a payment ends that moves nothing, and who ends it. */
export type Ending = { readonly reason: PaymentReason; readonly actor: string } & (
  | { readonly to: 'CANCELLED' }
  | { readonly to: 'FAILED'; readonly failureCode: FailureCode }
);

/** A payment that its worker would fail. */
export interface Failing {
  readonly payment: Payment;
  readonly outcome: Failure;
}

/**
 * Taking payments in hand that {@link inBooks}, to end them otherwise than the books would. How one is to end is written before
 * the books are asked to close its reservation: whoever finds that closed later knows by it what to write.
 */
export interface Endings {
  /**
   * Takes a payment out of its worker's hands, for a lease, to be CANCELLED: what the worker writes counts no more. Undefined
   * if it is not in the books.
   */
  takeOver(id: string, reason: PaymentReason, actor: string): Promise<Payment | undefined>;
  /** Takes up, for a lease, up to `limit` payments that are out of time and in nobody's hands. */
  takeOverdue(limit: number): Promise<Payment[]>;
  /** Writes why its worker fails each payment, and answers those that it still has. */
  write(failures: readonly Failing[]): Promise<readonly Failing[]>;
  /** How payments were to end, by their ids. */
  of(payments: readonly Payment[]): Promise<Map<string, Ending>>;
}

export function createEndings(database: Database, { leaseMs }: { readonly leaseMs: number }): Endings {
  const take = async (which: Prisma.Sql, also = Prisma.empty): Promise<Payment[]> => {
    const rows = await database.$queryRaw<PaymentRow[]>`
      WITH chosen AS MATERIALIZED (${which}),
      taken AS (
        UPDATE payment p
        SET lease_owner = NULL, lease_until = clock_timestamp() + ${milliseconds(leaseMs)}, lease_epoch = p.lease_epoch + 1
        FROM chosen
        WHERE p.id = chosen.id AND ${inBooks}
        RETURNING p.*
      )
      ${also}
      SELECT ${paymentColumns('p')} FROM taken p`;
    return rows.map(paymentFrom);
  };

  return {
    async takeOver(id, reason, actor) {
      const [payment] = await take(
        Prisma.sql`SELECT id FROM payment WHERE id = ${id} FOR NO KEY UPDATE`,
        Prisma.sql`, ending AS (
          INSERT INTO payment_ending (payment_id, to_state, reason, actor)
          SELECT id, 'CANCELLED', ${reason}::payment_reason, ${actor} FROM taken
          ${orInstead}
        )`,
      );
      return payment;
    },
    takeOverdue: (limit) =>
      take(Prisma.sql`
        SELECT id FROM payment
        WHERE state IN (${literals(expirable)}) AND expires_at <= now() AND ${inBooks}
          AND (lease_until IS NULL OR lease_until <= now())
        ORDER BY expires_at
        LIMIT ${limit}
        FOR NO KEY UPDATE SKIP LOCKED`),
    async write(failures) {
      if (failures.length === 0) return [];
      const rows = await database.$queryRaw<{ readonly id: string }[]>`
        WITH held AS MATERIALIZED (
          SELECT id, lease_epoch FROM payment
          WHERE id = ANY(${failures.map(({ payment }) => payment.id)}::text[]) AND ${inBooks}
          ORDER BY id FOR NO KEY UPDATE
        )
        INSERT INTO payment_ending (payment_id, to_state, reason, failure_code, actor)
        SELECT h.id, 'FAILED', f.reason, f.failure_code, ${service}
        FROM held h
        JOIN unnest(
          ${failures.map(({ payment }) => payment.id)}::text[],
          ${failures.map(({ payment }) => payment.leaseEpoch)}::int[],
          ${failures.map(({ outcome }) => outcome.reason)}::payment_reason[],
          ${failures.map(({ outcome }) => outcome.failureCode)}::payment_failure_code[]
        ) AS f (id, epoch, reason, failure_code) ON f.id = h.id AND f.epoch = h.lease_epoch
        ${orInstead}
        RETURNING payment_id AS id`;
      const held = new Set(rows.map(({ id }) => id));
      return failures.filter(({ payment }) => held.has(payment.id));
    },
    async of(payments) {
      if (payments.length === 0) return new Map();
      const rows = await database.paymentEnding.findMany({
        where: { paymentId: { in: payments.map(({ id }) => id) } },
      });
      return new Map(rows.map((row) => [row.paymentId, endingFrom(row)]));
    },
  };
}

/** The latest word counts. */
const orInstead = Prisma.sql`
  ON CONFLICT (payment_id) DO UPDATE SET
    to_state = excluded.to_state, reason = excluded.reason, failure_code = excluded.failure_code, actor = excluded.actor`;

/** As the table's checks have it, only what fails has a code. */
function endingFrom({ reason, actor, failureCode }: PaymentEnding): Ending {
  return failureCode === null ? { to: 'CANCELLED', reason, actor } : { to: 'FAILED', reason, actor, failureCode };
}

import { attemptColumns, type Database, milliseconds } from '../database.ts';
import type { PaymentAttempt as AttemptRow } from '../generated/prisma/client.ts';
import { railCharge } from '../payment/posting.ts';
import type { Books, Posting } from '../worker/books.ts';
import { type Attempt, attemptFrom } from './attempt.ts';

export interface ChargeWorkDependencies {
  readonly database: Database;
  readonly books: Pick<Books, 'post'>;
  readonly batchSize: number;
  readonly leaseMs: number;
}

/**
 * Brings what rails charge into the books, whenever they tell it: repeated under the same ids until the ledger says that it
 * has them. Nothing else waits for it.
 */
export function createChargeWork({ database, books, batchSize, leaseMs }: ChargeWorkDependencies) {
  return async (): Promise<boolean> => {
    const charged = await claim(database, batchSize, leaseMs);
    if (charged.length === 0) return false;
    const postings = charged.flatMap(chargesOf);
    const answers = await books.post(postings);
    const done = new Set(postings.filter((_, index) => answers[index]?.kind === 'done').map(({ id }) => id));
    await booked(
      database,
      charged.filter((attempt) => chargesOf(attempt).every(({ id }) => done.has(id))),
    );
    return true;
  };
}

/** What the books are to hold of what a rail charges for an attempt: for carrying it, and for sending it back. */
export function chargesOf({ chargeId, subjectId: reference, rail, charge, returnCharge }: Attempt): Posting[] {
  const charges = [...(charge ? [{ id: chargeId, charge }] : []), ...(returnCharge ? [returnCharge] : [])];
  return charges.map((one) => ({ id: one.id, kind: 'ADJUSTMENT', reference, entries: railCharge(rail, one.charge) }));
}

/** Relies on payment_attempt_charge_due_idx. */
async function claim(database: Database, limit: number, leaseMs: number): Promise<Attempt[]> {
  const rows = await database.$queryRaw<AttemptRow[]>`
    WITH due AS MATERIALIZED (
      SELECT id FROM payment_attempt
      WHERE charge_due_at <= now()
      ORDER BY charge_due_at
      LIMIT ${limit}
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE payment_attempt a SET charge_due_at = clock_timestamp() + ${milliseconds(leaseMs)}
    FROM due
    WHERE a.id = due.id
    RETURNING ${attemptColumns('a')}`;
  return rows.map(attemptFrom);
}

/** But for those that have become due for something else since. */
async function booked(database: Database, charged: readonly Attempt[]): Promise<void> {
  if (charged.length === 0) return;
  await database.$executeRaw`
    WITH done AS MATERIALIZED (
      SELECT a.id FROM payment_attempt a
      JOIN unnest(
        ${charged.map(({ id }) => id)}::text[],
        ${charged.map(({ chargeDueAt }) => chargeDueAt?.toISOString() ?? null)}::timestamptz[]
      ) AS c (id, due_at) ON a.id = c.id AND a.charge_due_at = c.due_at
      ORDER BY a.id
      FOR NO KEY UPDATE OF a
    )
    UPDATE payment_attempt a SET charge_due_at = NULL FROM done WHERE a.id = done.id`;
}

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Installation } from './installation.ts';
import type { Customer } from './people.ts';

/** What an installation's database of payments says, read as its owner. */
export interface PaymentTable {
  /** The database's clock. */
  now(): Promise<Date>;
  /**
   * Waits until every payment is over, nothing is owed to a peer for any and each step has its place in the activity.
   * @throws Error when a payment ended otherwise than CONFIRMED
   */
  settled(): Promise<void>;
  /** Payments made since then, and how long it took in s until the last of them was CONFIRMED. */
  since(start: Date): Promise<{ readonly payments: number; readonly seconds: number }>;
  /** Adds INITIATED payments, all at once, between customers who have paid each other before or not. */
  initiate(count: number, customers: readonly Customer[]): Promise<void>;
  /** How long it took in s from the first step that was taken since then until the last. */
  drainedIn(start: Date): Promise<number>;
  close(): Promise<void>;
}

const unsettledSql = `
  SELECT EXISTS (SELECT FROM payment WHERE state IN ('INITIATED', 'VALIDATING', 'IN_REVIEW', 'PENDING', 'PROCESSING'))
    OR EXISTS (SELECT FROM payment_compensation WHERE acknowledged_at IS NULL)
    OR EXISTS (SELECT FROM payment_relay_queue) AS unsettled`;

/** Each like a payment that there was, but for who pays whom; so this need not know what a payment has. */
const initiateSql = `
  WITH like_this AS (
    SELECT payment AS row FROM payment WHERE kind = 'TRANSFER' AND state = 'CONFIRMED' ORDER BY id DESC LIMIT 1
  ), someone AS (
    SELECT id, wallet_id, place - 1 AS place, count(*) OVER () AS size
    FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (id, wallet_id, place)
  ), made AS (
    INSERT INTO payment
    SELECT (jsonb_populate_record(like_this.row, jsonb_build_object(
      'id', 'pay_' || replace(uuidv7()::text, '-', ''),
      'state', 'INITIATED', 'sequence', 1,
      'payer_customer_id', payer.id, 'payer_wallet_id', payer.wallet_id,
      'payee_customer_id', payee.id, 'payee_wallet_id', payee.wallet_id,
      'reservation_id', 'res_' || replace(uuidv7()::text, '-', ''),
      'transaction_id', 'txn_' || replace(uuidv7()::text, '-', ''),
      'created_at', now(), 'expires_at', now() + interval '1 day', 'next_attempt_at', now(),
      'lease_owner', NULL, 'lease_until', NULL, 'lease_epoch', 0, 'attempts', 0
    ))).*
    FROM like_this
    CROSS JOIN generate_series(1, $1::integer) AS n
    JOIN someone AS payer ON payer.place = n * 7919 % payer.size
    JOIN someone AS payee ON payee.place = (n * 7919 + 1 + n % 97) % payee.size
    RETURNING id
  )
  INSERT INTO payment_timeline (payment_id, sequence, to_state, reason, actor)
  SELECT id, 1, 'INITIATED', 'REQUESTED', 'bench' FROM made`;

export async function openPaymentTable({ databases }: Installation): Promise<PaymentTable> {
  const client = new pg.Client(databases.payment.migrationUrl);
  await client.connect();
  const first = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) => {
    const [row] = (await client.query<Row>(sql, values)).rows;
    if (!row) throw new Error('There is no answer');
    return row;
  };

  return {
    now: async () => (await first<{ now: Date }>('SELECT clock_timestamp() AS now')).now,
    async settled() {
      while ((await first<{ unsettled: boolean }>(unsettledSql)).unsettled) await delay(100);
      const { ends } = await first<{ ends: string | null }>(
        `SELECT string_agg(DISTINCT concat_ws(' ', state, failure_code), ', ') AS ends FROM payment WHERE state <> 'CONFIRMED'`,
      );
      if (ends !== null) throw new Error(`There are payments that are ${ends}`);
    },
    async since(start) {
      const { count, seconds } = await first<{ count: string; seconds: number }>(
        `SELECT count(*), extract(epoch FROM max(at) - $1)::float8 AS seconds FROM payment_timeline
         WHERE at >= $1 AND to_state = 'CONFIRMED'`,
        [start],
      );
      return { payments: Number(count), seconds };
    },
    async initiate(count, customers) {
      await client.query(initiateSql, [
        count,
        customers.map(({ id }) => id),
        customers.map(({ walletId }) => walletId),
      ]);
    },
    async drainedIn(start) {
      const { seconds } = await first<{ seconds: number }>(
        `SELECT extract(epoch FROM max(at) FILTER (WHERE to_state = 'CONFIRMED') - min(at) FILTER (WHERE sequence = 2))::float8 AS seconds
         FROM payment_timeline WHERE at >= $1`,
        [start],
      );
      return seconds;
    },
    close: () => client.end(),
  };
}

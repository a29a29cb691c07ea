import { Prisma } from '../generated/prisma/client.ts';
import type { HoldRequest } from './holds.ts';

/*
 * A wallet's counters of one month, the month's and its days', change only under the lock of the month's row, which every
 * path takes in the order of wallets and months.
 */

/** Locks the counters that payments hold something of. */
export function lockMonthsOfHolds(paymentIds: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    SELECT FROM monthly_usage
    WHERE (wallet_id, month) IN (
      SELECT wallet_id, date_trunc('month', day::timestamp)::date FROM limit_hold
      WHERE payment_id = ANY (${paymentIds}::text[]) AND status = 'HELD'
    )
    ORDER BY wallet_id, month FOR NO KEY UPDATE
  `;
}

/** Judges requests for different payments and takes what fits, all in one call: `reserve_limits` says how. */
export function judge(requests: readonly HoldRequest[], day: Date): Prisma.Sql {
  const numbers = (of: (request: HoldRequest) => bigint) => requests.map((request) => String(of(request)));
  return Prisma.sql`
    SELECT payment_id AS "paymentId", status, code FROM reserve_limits(
      ${requests.map(({ paymentId }) => paymentId)}::text[],
      ${requests.map(({ walletId }) => walletId)}::text[],
      ${requests.map(({ amount }) => amount.currency)}::text[],
      ${numbers(({ amount }) => amount.amount)}::text[]::bigint[],
      ${numbers(({ limits }) => limits.perPayment)}::text[]::bigint[],
      ${numbers(({ limits }) => limits.daily)}::text[]::bigint[],
      ${numbers(({ limits }) => limits.monthly)}::text[]::bigint[],
      ${day}::date
    )`;
}

/** Marks payments without a hold as released, so that they never get one. */
export function insertTombstones(paymentIds: readonly string[], at: Date): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO limit_hold (payment_id, status, settled_at)
    SELECT DISTINCT payment_id, 'RELEASED'::limit_hold_status, ${at}::timestamptz
    FROM unnest(${paymentIds}::text[]) AS payment_id
    ORDER BY payment_id
    ON CONFLICT (payment_id) DO NOTHING
  `;
}

/** Releases what is held, and gives it back to the counters, which are locked. */
export function release(paymentIds: readonly string[], at: Date): Prisma.Sql {
  return Prisma.sql`
    WITH settled AS (
      UPDATE limit_hold SET status = 'RELEASED', settled_at = ${at}
      WHERE payment_id = ANY (${paymentIds}::text[]) AND status = 'HELD'
      RETURNING wallet_id, day, amount AS given_back
    ) ${givenBack}
  `;
}

/** Marks what is held as used, and gives what was not captured of it back to the counters, which are locked then. */
export function use(paymentIds: readonly string[], at: Date, captured: ReadonlyMap<string, bigint>): Prisma.Sql {
  const parts = paymentIds.map((paymentId) => captured.get(paymentId)?.toString() ?? null);
  return Prisma.sql`
    WITH held AS (
      SELECT hold.payment_id, asked.captured
      FROM limit_hold AS hold
      JOIN unnest(${paymentIds}::text[], ${parts}::text[]::bigint[]) AS asked (payment_id, captured) USING (payment_id)
      WHERE hold.status = 'HELD' AND (asked.captured IS NULL OR asked.captured <= hold.amount)
      ORDER BY hold.payment_id FOR NO KEY UPDATE OF hold
    ), settled AS (
      UPDATE limit_hold AS hold SET status = 'USED', settled_at = ${at}, used = held.captured
      FROM held WHERE hold.payment_id = held.payment_id
      RETURNING hold.wallet_id, hold.day, hold.amount - held.captured AS given_back
    ) ${givenBack}
  `;
}

/** Takes what holds that are `settled` give back from the counters of their month and their day. */
const givenBack = Prisma.sql`, given_to_month AS (
    UPDATE monthly_usage AS usage SET taken = usage.taken - sums.amount
    FROM (
      SELECT wallet_id, date_trunc('month', day::timestamp)::date AS month, sum(given_back)::bigint AS amount
      FROM settled WHERE given_back > 0 GROUP BY 1, 2
    ) AS sums
    WHERE usage.wallet_id = sums.wallet_id AND usage.month = sums.month
  )
  UPDATE limit_usage AS usage SET taken = usage.taken - sums.amount
  FROM (
    SELECT wallet_id, day, sum(given_back)::bigint AS amount FROM settled WHERE given_back > 0 GROUP BY wallet_id, day
  ) AS sums
  WHERE usage.wallet_id = sums.wallet_id AND usage.day = sums.day`;

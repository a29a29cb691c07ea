import { Prisma } from '../generated/prisma/client.ts';
import { monthOf } from './day.ts';
import type { HoldRequest } from './holds.ts';

/*
 * A wallet's counters of one month, the month's and its days', change only under the lock of the month's row, which every
 * path takes in the order of wallets and months.
 */

/** Counters of the month for wallets that have none yet. */
export function insertMonths(walletIds: readonly string[], day: Date): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO monthly_usage (wallet_id, month)
    SELECT id, ${monthOf(day)}::date FROM wallet WHERE id = ANY (${walletIds}::text[]) ORDER BY id
    ON CONFLICT DO NOTHING
  `;
}

/** Locks the counters of the month, by the primary key. */
export function lockMonths(walletIds: readonly string[], day: Date): Prisma.Sql {
  return Prisma.sql`
    SELECT FROM monthly_usage WHERE wallet_id = ANY (${walletIds}::text[]) AND month = ${monthOf(day)}::date
    ORDER BY wallet_id, month FOR NO KEY UPDATE
  `;
}

/** Counters of the day for wallets that have none yet, once the month is locked. */
export function insertDays(walletIds: readonly string[], day: Date): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO limit_usage (wallet_id, day)
    SELECT id, ${day}::date FROM wallet WHERE id = ANY (${walletIds}::text[]) ORDER BY id
    ON CONFLICT DO NOTHING
  `;
}

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

/**
 * Judges requests for different payments and takes what fits, all in one statement: its snapshot is younger than the
 * locks on the counters, so that what it reads of them is true until it commits.
 *
 * Within a wallet requests are judged in their order: each takes what fits in what is left of the day and of the month,
 * and one that does not fit leaves room for a smaller one behind it. The row of a payment that somebody else holds or
 * releases at this very moment is not inserted; it counts for nothing, and its status is null.
 */
export function judge(requests: readonly HoldRequest[], day: Date): Prisma.Sql {
  const numbers = (of: (request: HoldRequest) => bigint) => requests.map((request) => String(of(request)));
  return Prisma.sql`
    WITH asked AS (
      SELECT * FROM unnest(
        ${requests.map(({ paymentId }) => paymentId)}::text[],
        ${requests.map(({ walletId }) => walletId)}::text[],
        ${requests.map(({ amount }) => amount.currency)}::text[],
        ${numbers(({ amount }) => amount.amount)}::text[]::bigint[],
        ${numbers(({ limits }) => limits.perPayment)}::text[]::bigint[],
        ${numbers(({ limits }) => limits.daily)}::text[]::bigint[],
        ${numbers(({ limits }) => limits.monthly)}::text[]::bigint[]
      ) WITH ORDINALITY AS request (payment_id, wallet_id, currency, amount, per_payment, daily, monthly, place)
    ), judged AS (
      SELECT asked.*, hold.status AS held_before, CASE
        WHEN hold.status = 'RELEASED' THEN 'HOLD_RELEASED'
        WHEN hold.wallet_id <> asked.wallet_id OR hold.amount <> asked.amount THEN 'HOLD_CONFLICT'
        WHEN hold.payment_id IS NOT NULL THEN NULL
        WHEN wallet.id IS NULL THEN 'WALLET_NOT_FOUND'
        WHEN wallet.status IN ('FROZEN_OUT', 'FROZEN', 'CLOSED') THEN 'WALLET_NOT_ACTIVE'
        WHEN wallet.currency <> asked.currency THEN 'CURRENCY_MISMATCH'
        WHEN asked.amount > asked.per_payment THEN 'PER_PAYMENT_LIMIT_EXCEEDED'
      END AS refusal
      FROM asked
      LEFT JOIN limit_hold AS hold ON hold.payment_id = asked.payment_id
      LEFT JOIN wallet ON wallet.id = asked.wallet_id
    ), candidates AS (
      SELECT judged.*, judged.daily - today.taken AS day_room, judged.monthly - month.taken AS month_room
      FROM judged
      JOIN limit_usage AS today ON today.wallet_id = judged.wallet_id AND today.day = ${day}::date
      JOIN monthly_usage AS month ON month.wallet_id = judged.wallet_id AND month.month = ${monthOf(day)}::date
      WHERE judged.refusal IS NULL AND judged.held_before IS NULL
    ), running AS (
      SELECT *, sum_within(amount, least(day_room, month_room)) OVER by_place AS total
      FROM candidates
      WINDOW by_place AS (PARTITION BY wallet_id ORDER BY place)
    ), compared AS (
      SELECT *, lag(total, 1, 0::bigint) OVER (PARTITION BY wallet_id ORDER BY place) AS before FROM running
    ), fitted AS (
      SELECT *, total > before AS fits,
        CASE WHEN amount > day_room - before THEN 'DAILY_LIMIT_EXCEEDED' ELSE 'MONTHLY_LIMIT_EXCEEDED' END AS exceeded
      FROM compared
    ), held AS (
      INSERT INTO limit_hold (payment_id, wallet_id, day, amount, status)
      SELECT payment_id, wallet_id, ${day}::date, amount, 'HELD' FROM fitted WHERE fits ORDER BY payment_id
      ON CONFLICT (payment_id) DO NOTHING
      RETURNING payment_id, wallet_id, amount
    ), sums AS (
      SELECT wallet_id, sum(amount)::bigint AS amount FROM held GROUP BY wallet_id
    ), taken_of_day AS (
      UPDATE limit_usage AS usage SET taken = usage.taken + sums.amount
      FROM sums WHERE usage.wallet_id = sums.wallet_id AND usage.day = ${day}::date
    ), taken_of_month AS (
      UPDATE monthly_usage AS usage SET taken = usage.taken + sums.amount
      FROM sums WHERE usage.wallet_id = sums.wallet_id AND usage.month = ${monthOf(day)}::date
    )
    SELECT
      judged.payment_id AS "paymentId",
      CASE
        WHEN judged.refusal IS NOT NULL OR NOT fitted.fits THEN 'REFUSED'
        WHEN judged.held_before IS NOT NULL THEN judged.held_before::text
        WHEN held.payment_id IS NOT NULL THEN 'HELD'
      END AS status,
      CASE WHEN NOT fitted.fits THEN fitted.exceeded ELSE judged.refusal END AS code
    FROM judged
    LEFT JOIN fitted ON fitted.payment_id = judged.payment_id
    LEFT JOIN held ON held.payment_id = judged.payment_id
    ORDER BY judged.place
  `;
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
    WITH released AS (
      UPDATE limit_hold SET status = 'RELEASED', settled_at = ${at}
      WHERE payment_id = ANY (${paymentIds}::text[]) AND status = 'HELD'
      RETURNING wallet_id, day, date_trunc('month', day::timestamp)::date AS month, amount
    ), given_to_month AS (
      UPDATE monthly_usage AS usage SET taken = usage.taken - sums.amount
      FROM (SELECT wallet_id, month, sum(amount)::bigint AS amount FROM released GROUP BY wallet_id, month) AS sums
      WHERE usage.wallet_id = sums.wallet_id AND usage.month = sums.month
    )
    UPDATE limit_usage AS usage SET taken = usage.taken - sums.amount
    FROM (SELECT wallet_id, day, sum(amount)::bigint AS amount FROM released GROUP BY wallet_id, day) AS sums
    WHERE usage.wallet_id = sums.wallet_id AND usage.day = sums.day
  `;
}

/** Marks what is held as used. */
export function use(paymentIds: readonly string[], at: Date): Prisma.Sql {
  return Prisma.sql`
    WITH held AS (
      SELECT payment_id FROM limit_hold WHERE payment_id = ANY (${paymentIds}::text[]) AND status = 'HELD'
      ORDER BY payment_id FOR NO KEY UPDATE
    )
    UPDATE limit_hold AS hold SET status = 'USED', settled_at = ${at}
    FROM held WHERE hold.payment_id = held.payment_id
  `;
}

import { type Currency, currencyOf } from '@paygraph/money';
import { openDatabase } from '../database.ts';

/** A hold on a wallet's limit that is neither used nor released. */
export interface LiveLimitHold {
  readonly paymentId: string;
  readonly walletId: string;
  /** In minor units of `currency`. */
  readonly amount: bigint;
  readonly currency: Currency;
  readonly since: Date;
}

/**
 * The holds that are live, oldest first. When every payment is over there must be none left: each was used by a
 * confirmed payment or released by one that came to nothing.
 */
export async function liveLimitHolds(databaseUrl: string): Promise<LiveLimitHold[]> {
  const prisma = openDatabase(databaseUrl);
  try {
    const rows = await prisma.$queryRaw<(Omit<LiveLimitHold, 'currency'> & { currency: string })[]>`
      SELECT payment_id AS "paymentId", wallet_id AS "walletId", amount, currency, hold.created_at AS since
      FROM limit_hold AS hold
      JOIN wallet ON wallet.id = wallet_id
      WHERE hold.status = 'HELD'
      ORDER BY hold.created_at, payment_id
    `;
    return rows.map((row) => ({ ...row, currency: currencyOf(row.currency) }));
  } finally {
    await prisma.$disconnect();
  }
}

/** A counter of a wallet that is not the sum of its holds. */
export interface LimitUsageFault {
  readonly walletId: string;
  /** The day, or the first day of the month, that it counts. */
  readonly since: Date;
  readonly period: 'DAY' | 'MONTH';
  /** What the counter says, in minor units. */
  readonly taken: bigint;
  /** What the holds of that time that are held or used come to. */
  readonly held: bigint;
}

/** The counters that disagree with their holds: none, or limits are not what they seem. */
export async function limitUsageFaults(databaseUrl: string): Promise<LimitUsageFault[]> {
  const prisma = openDatabase(databaseUrl);
  try {
    return await prisma.$queryRaw<LimitUsageFault[]>`
      WITH held AS (
        SELECT wallet_id, day, sum(coalesce(used, amount)) AS amount FROM limit_hold WHERE status IN ('HELD', 'USED')
        GROUP BY wallet_id, day
      ), held_of_month AS (
        SELECT wallet_id, date_trunc('month', day::timestamp)::date AS month, sum(amount) AS amount FROM held GROUP BY 1, 2
      )
      SELECT usage.wallet_id AS "walletId", usage.day AS since, 'DAY' AS period, usage.taken,
        coalesce(held.amount, 0)::bigint AS held
      FROM limit_usage AS usage
      LEFT JOIN held ON held.wallet_id = usage.wallet_id AND held.day = usage.day
      WHERE usage.taken <> coalesce(held.amount, 0)
      UNION ALL
      SELECT usage.wallet_id, usage.month, 'MONTH', usage.taken, coalesce(held.amount, 0)::bigint
      FROM monthly_usage AS usage
      LEFT JOIN held_of_month AS held ON held.wallet_id = usage.wallet_id AND held.month = usage.month
      WHERE usage.taken <> coalesce(held.amount, 0)
    `;
  } finally {
    await prisma.$disconnect();
  }
}

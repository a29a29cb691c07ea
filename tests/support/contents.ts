import { query } from '@paygraph/database/testing';
import type { Databases } from './platform.ts';

/** The tables where money, holds on it, prices and judgements of it are kept. */
const tables = {
  payment: [
    'payment',
    'payment_timeline',
    'payment_compensation',
    'payment_ending',
    'payment_quote',
    'idempotency_key',
  ],
  ledger: ['account', 'transaction', 'entry', 'reservation'],
  wallet: ['wallet', 'limit_usage', 'limit_hold'],
  risk: ['assessment', 'review'],
  forex: ['forex_quote'],
} as const;

/**
 * The number of rows of every table and a digest of all that is in them, but for when wallets were last held against
 * their owners' tiers, which is noted every minute: equal before and after what changed nothing.
 */
export async function contentsOf(databases: Databases): Promise<unknown> {
  const contents = [];
  for (const name of ['payment', 'ledger', 'wallet', 'risk', 'forex'] as const) {
    const digests = tables[name].map(
      (table) =>
        `SELECT '${table}' AS table, count(*), md5(string_agg(kept::text, '|' ORDER BY kept::text)) AS digest
         FROM (SELECT to_jsonb(t) - 'tier_checked_at' FROM "${table}" t) AS t (kept)`,
    );
    contents.push(...(await query(databases[name].migrationUrl, digests.join(' UNION ALL '))));
  }
  return contents;
}

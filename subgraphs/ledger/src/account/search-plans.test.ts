import { prismaAdapter } from '@paygraph/database';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerAccountFilter } from '../generated/graphql.ts';
import { PrismaClient } from '../generated/prisma/client.ts';
import { openTestLedger, type TestLedger, usd } from '../testing/fixture.ts';
import { createAccountStore } from './store.ts';

let ledger: TestLedger;
const ownerId = newId('cus');
const walletId = newId('wal');
let database: PrismaClient<'query'>;
/** The last statement that Prisma sent, with its values. */
let sent: { readonly query: string; readonly values: readonly unknown[] } = { query: '', values: [] };

beforeAll(async () => {
  ledger = await openTestLedger();
  const owner = ledger.asOwner();
  await owner.$executeRaw`
    INSERT INTO account (address, purpose, currency, wallet_id, owner_id, normal_balance, floor, status)
    SELECT wallet, 'WALLET', (ARRAY['USD', 'EUR', 'GHS'])[1 + n % 3], wallet, 'cus_' || n / 2, 'CREDIT', 0,
      (CASE n % 500 WHEN 0 THEN 'FROZEN' ELSE 'OPEN' END)::account_status
    FROM generate_series(1, 20000) AS n CROSS JOIN LATERAL (SELECT 'wal_' || md5(n::text) AS wallet) AS named
  `;
  await ledger.engine.openAccounts([{ walletId, ownerId, currency: usd }]);
  await owner.$executeRaw`ANALYZE account`;
  database = new PrismaClient({
    adapter: prismaAdapter({ url: ledger.databaseUrl }),
    log: [{ emit: 'event', level: 'query' }],
  });
  database.$on('query', ({ query, params }) => {
    sent = { query, values: JSON.parse(params) };
  });
});

afterAll(async () => {
  await database.$disconnect();
  await ledger.close();
});

/** What PostgreSQL does for a page. */
async function planOf(filter: LedgerAccountFilter, cursor?: string): Promise<string> {
  const page = { limit: 20, backward: false, cursor: cursor === undefined ? undefined : [cursor] };
  await createAccountStore(database).page(filter, page);
  const { query, values } = sent;
  const rows = await ledger.database.$queryRawUnsafe<Record<string, string>[]>(`EXPLAIN ${query}`, ...values);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('a page of accounts is read by an index', () => {
  it.each<[string, LedgerAccountFilter, string]>([
    ['all', {}, 'account_pkey'],
    ['those of an owner', { ownerId }, 'account_owner_id_id_idx'],
    ['that of a wallet', { walletId }, 'account_wallet_id_key'],
    [
      'those of a purpose and currency',
      { purposes: ['RAIL_CLEARING'], currency: 'USD' },
      'account_purpose_currency_id_idx',
    ],
    ['those of a rail', { rail: 'manual' }, 'account_rail_id_idx'],
    ['those that are frozen', { statuses: ['FROZEN'] }, 'account_status_id_idx'],
    ['those whose address begins so', { addressPrefix: 'wal_00' }, 'account_address_key'],
  ])('%s', async (_name, filter, index) => {
    for (const cursor of [undefined, 'acc_0']) {
      const plan = await planOf(filter, cursor);
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
    }
  });
});

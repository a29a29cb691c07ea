import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PrismaClient } from '../generated/prisma/client.ts';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';

let ledger: TestLedger;
let owner: PrismaClient;

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
});

afterAll(() => ledger.close());

const create = async (client: PrismaClient, months: number) => {
  const [result] = await client.$queryRaw<{ made: number }[]>`SELECT create_partitions(${months}::integer) AS made`;
  return result?.made;
};

it('the service makes the partitions that are missing, and no others, however many ask at once', async () => {
  expect(await create(ledger.database, 2)).toBe(0);
  const others = await Promise.all(Array.from({ length: 4 }, () => create(ledger.database, 4)));
  expect(Math.max(...others.map(Number))).toBe(4);
  const partitions = await owner.$queryRaw<{ name: string }[]>`
    SELECT relname AS name FROM pg_class JOIN pg_inherits ON inhrelid = oid
    WHERE relkind = 'r' AND inhparent IN ('transaction'::regclass, 'entry'::regclass) ORDER BY relname
  `;
  expect(partitions).toHaveLength(10);
  for (const { name } of partitions) expect(name).toMatch(/^(transaction|entry)_\d{4}_\d{2}$/);
});

it('posting time is never the same twice', async () => {
  const walletId = await ledger.openWallet({ funds: 100n });
  const spend = () => transaction([debit(wallet(walletId), 1n), credit(house('SUSPENSE'), 1n)]);
  expect(new Set(codes(await ledger.engine.post(Array.from({ length: 50 }, spend))))).toEqual(new Set(['done']));
  const [times] = await owner.$queryRaw<{ different: bigint; all: bigint; ordered: boolean }[]>`
    SELECT count(DISTINCT posted_at) AS different, count(*) AS all, bool_and(posted_at > before) AS ordered
    FROM (SELECT posted_at, lag(posted_at, 1, '-infinity') OVER (ORDER BY sequence) AS before FROM transaction) AS posted
  `;
  expect(times).toMatchObject({ different: times?.all, ordered: true });
});

/** The bounds of this month's partitions. */
async function thisMonth(): Promise<{ suffix: string; bounds: string }> {
  const [month] = await owner.$queryRaw<{ suffix: string; first: string; next: string }[]>`
    SELECT to_char(month, 'YYYY_MM') AS suffix, month::text AS first, (month + interval '1 month')::text AS next
    FROM date_trunc('month', now()) AS month
  `;
  if (!month) throw new Error('There is a month');
  return { suffix: month.suffix, bounds: `FOR VALUES FROM ('${month.first}') TO ('${month.next}')` };
}

it('a month can be detached and attached again: meanwhile ids are still known, and balances go on', async () => {
  const walletId = await ledger.openWallet({ funds: 100n });
  const early = transaction([debit(wallet(walletId), 10n), credit(house('SUSPENSE'), 10n)]);
  expect(codes(await ledger.engine.post([early]))).toEqual(['done']);
  const { suffix, bounds } = await thisMonth();
  const forEach = async (statements: (table: string) => string[]) => {
    for (const table of ['transaction', 'entry'])
      for (const statement of statements(table)) await owner.$executeRawUnsafe(statement);
  };
  await forEach((table) => [
    `ALTER TABLE ${table} DETACH PARTITION history.${table}_${suffix}`,
    `CREATE TABLE history.${table}_later PARTITION OF ${table} ${bounds}`,
  ]);

  expect(codes(await ledger.engine.post([early]))).toEqual(['done']);
  expect(codes(await ledger.engine.post([{ ...early, reference: 'other' }]))).toEqual(['IDEMPOTENCY_CONFLICT']);
  const late = transaction([debit(wallet(walletId), 5n), credit(house('SUSPENSE'), 5n)]);
  expect(codes(await ledger.engine.post([late]))).toEqual(['done']);
  expect((await ledger.holdings()).get(walletId)).toBe(85n);
  expect(await ledger.database.transaction.count()).toBe(1);

  await forEach((table) => [
    `INSERT INTO history.${table}_${suffix} SELECT * FROM history.${table}_later`,
    `ALTER TABLE ${table} DETACH PARTITION history.${table}_later`,
    `ALTER TABLE ${table} ATTACH PARTITION history.${table}_${suffix} ${bounds}`,
  ]);
});

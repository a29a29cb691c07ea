import { prismaAdapter } from '@paygraph/database';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trialBalanceSql } from '../account/trial-balance.ts';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { type Filled, fillHistory } from '../testing/history.ts';
import { createEntryStore, pageSql, standingsSql } from './store.ts';

let test: TestDatabase;
let database: PrismaClient;
let history: Filled;

beforeAll(async () => {
  test = await createTestDatabase('ledger');
  history = await fillHistory(test.migrationUrl, 50_000, 90);
  database = new PrismaClient({ adapter: prismaAdapter({ url: test.databaseUrl }) });
}, 120_000);

afterAll(async () => {
  await database.$disconnect();
  await test.drop();
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

/** How entries, or transactions, were read: each scan of a partition that was begun, with the rows it gave. */
async function scansOf(statement: Prisma.Sql, table = 'entry'): Promise<[string, number][]> {
  const [row] = await database.$queryRaw<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }[]>(
    Prisma.sql`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
  );
  const scansIn = (node: PlanNode): PlanNode[] => [
    ...(node['Relation Name']?.startsWith(table) && node['Actual Loops'] > 0 ? [node] : []),
    ...(node.Plans ?? []).flatMap(scansIn),
  ];
  const plan = row?.['QUERY PLAN'][0]?.Plan;
  return plan ? scansIn(plan).map((scan) => [scan['Node Type'], scan['Actual Rows'] * scan['Actual Loops']]) : [];
}

const halfway = () => new Date((history.from.getTime() + history.until.getTime()) / 2);
const page = { limit: 20, backward: false, cursor: undefined };

describe('among many entries', () => {
  it('the balance at an instant is one row of one index', async () => {
    const accountId = history.hotAccountId;
    expect(await scansOf(standingsSql([{ accountId, at: halfway() }]))).toEqual([['Index Scan', 1]]);
    const [standing] = await createEntryStore(database).standingsAt([{ accountId, at: halfway() }]);
    expect(Number(standing?.version)).toBeGreaterThan(2_400);
    expect(standing?.balance).toBe(standing?.version);
  });

  it('the balances of several accounts are one row each', async () => {
    const asked = history.accountIds.slice(0, 10).map((accountId) => ({ accountId, at: halfway() }));
    expect(await scansOf(standingsSql(asked))).toEqual([['Index Scan', 10]]);
  });

  it('the trial balance at an instant reads what was posted since, in months from there', async () => {
    const at = new Date(history.until.getTime() - 3 * 86_400_000);
    const since = await database.transaction.count({ where: { postedAt: { gt: at } } });
    const scans = await scansOf(trialBalanceSql({ at }), 'transaction');
    expect(scans.reduce((sum, [, rows]) => sum + rows, 0)).toBe(since);
    expect(scans.flatMap(([kind, rows]) => (rows > 0 ? [kind] : []))).not.toContain('Seq Scan');
    expect(since).toBeGreaterThan(10);
  });

  it('a page of a statement is no more rows than it has, wherever it begins', async () => {
    const accountId = history.hotAccountId;
    const rowsOf = async (...asked: Parameters<typeof pageSql>) => {
      const scans = await scansOf(pageSql(...asked));
      expect(scans.map(([kind]) => kind)).toEqual(scans.map(() => 'Index Scan'));
      return scans.reduce((sum, [, rows]) => sum + rows, 0);
    };
    const month = { accountId, from: halfway(), until: new Date(halfway().getTime() + 20 * 86_400_000) };
    expect(await rowsOf({ accountId }, page)).toBe(21);
    expect(await rowsOf(month, page)).toBe(21);
    expect(await rowsOf(month, { ...page, backward: true })).toBe(21);
    const [, , deep] = await createEntryStore(database).page(month, { ...page, limit: 2 });
    expect(deep?.accountId).toBe(accountId);
  });

  it('reading on begins behind any version, known or not', async () => {
    const read = createEntryStore(database).reader(history.hotAccountId);
    const versions = async (after: bigint) => (await read(after, 2)).map(({ version }) => version);
    for (const after of [0n, 1n, 2n, 2_500n, 2_502n, 17n, 4_998n])
      expect(await versions(after)).toEqual([after + 1n, after + 2n]);
    expect(await versions(4_999n)).toEqual([5_000n]);
    expect(await versions(5_000n)).toEqual([]);
    expect(await createEntryStore(database).reader('acc_none')(0n, 2)).toEqual([]);
  });
});

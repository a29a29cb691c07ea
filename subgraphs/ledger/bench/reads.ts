import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from '@paygraph/bench';
import { migrate, migrationsDirectory, prismaAdapter } from '@paygraph/database';
import { startEmbeddedPostgres } from '@paygraph/database/embedded';
import { createLogger } from '@paygraph/service';
import { createEntryStore, pageSql, standingsSql } from '../src/entry/store.ts';
import { Prisma, PrismaClient } from '../src/generated/prisma/client.ts';
import { type Filled, fillHistory } from '../src/testing/history.ts';

/**
 * `npm run bench:ledger-reads`: how fast the past is read when there is a lot of it. Fills a ledger of its own with a year of
 * entries, in every month as many, and reads at random places of it, one client after the other.
 */
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entries: { type: 'string', default: '10000000' },
    seconds: { type: 'string', default: '3' },
  },
});
const entries = Number(options.entries);
const seconds = Number(options.seconds);
/** Pages of 8 KB that PostgreSQL may touch for a balance at an instant: one way down an index, and the row. */
const pagesBound = 8;

const directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-bench-'));
const logger = createLogger({ service: 'bench', level: 'silent' });
const server = await startEmbeddedPostgres({ directory, logger, durability: 'tests' });
try {
  const migrationUrl = server.migrationUrl('ledger');
  await migrate({ migrationUrl, directory: migrationsDirectory('ledger'), logger });
  const start = performance.now();
  const filled = await fillHistory(migrationUrl, entries);
  const filledIn = (performance.now() - start) / 1_000;
  const database = new PrismaClient({ adapter: prismaAdapter({ url: server.databaseUrl('ledger'), poolSize: 2 }) });
  const measured = await readsOf(database, filled);
  await database.$disconnect();
  const result = { entries, filledIn, ...measured };
  console.log(options.json ? JSON.stringify(result, null, 2) : report(result));
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}

async function readsOf(database: PrismaClient, { accountIds, hotAccountId, from, until }: Filled) {
  const store = createEntryStore(database);
  const account = () => accountIds[Math.floor(Math.random() * accountIds.length)] ?? hotAccountId;
  const instant = () => new Date(from.getTime() + Math.random() * (until.getTime() - from.getTime()));
  const page = { limit: 20, backward: false, cursor: undefined };
  const monthOf = (accountId: string) => {
    const start = instant();
    return { accountId, from: start, until: new Date(start.getTime() + 30 * 86_400_000) };
  };
  const acts: Record<string, () => Promise<unknown>> = {
    'round trip that reads nothing': () => database.$queryRaw`SELECT 1`,
    'balance at an instant': () => store.standingsAt([{ accountId: account(), at: instant() }]),
    '… of the hottest account': () => store.standingsAt([{ accountId: hotAccountId, at: instant() }]),
    '… of 20 wallets at once': () =>
      store.standingsAt(Array.from({ length: 20 }, () => ({ accountId: account(), at: instant() }))),
    'newest page of a statement': () => store.page({ accountId: account() }, page),
    'page of a month of the hottest account': () => store.page(monthOf(hotAccountId), page),
  };
  const reads: Record<string, { rate: number; p50: number; p99: number }> = {};
  for (const [name, act] of Object.entries(acts)) {
    await measure({ clients: 1, seconds: 0.5, act });
    reads[name] = await measure({ clients: 1, seconds, act });
  }
  const plans = {
    'balance at an instant': await explain(database, standingsSql([{ accountId: hotAccountId, at: instant() }])),
    'page of a month of the hottest account': await explain(database, pageSql(monthOf(hotAccountId), page)),
  };
  const pages = pagesIn(plans['balance at an instant']);
  const scans = Object.values(plans).filter((plan) => plan.includes('Seq Scan')).length;
  const targets = [
    { name: 'pages of a balance', value: pages, bound: pagesBound, ok: pages <= pagesBound },
    { name: 'sequential scans', value: scans, bound: 0, ok: scans === 0 },
  ];
  return { reads, plans, targets };
}

async function explain(database: PrismaClient, statement: Prisma.Sql): Promise<string> {
  const rows = await database.$queryRaw<Record<string, string>[]>(
    Prisma.sql`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${statement}`,
  );
  return withoutIdle(rows.map((row) => row['QUERY PLAN'] ?? '')).join('\n');
}

/** The pages that a plan has touched in all. */
function pagesIn(plan: string): number {
  const [, buffers = ''] = /Buffers: shared (.*)/.exec(plan) ?? [];
  return [...buffers.matchAll(/(?:hit|read)=(\d+)/g)].reduce((sum, [, pages]) => sum + Number(pages), 0);
}

/** A plan without the partitions that were not looked at. */
function withoutIdle(lines: readonly string[]): string[] {
  const indentOf = (line: string) => line.search(/\S/);
  const kept: string[] = [];
  let idle = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (indentOf(line) > idle) continue;
    idle = line.includes('(never executed)') ? indentOf(line) : Number.POSITIVE_INFINITY;
    if (idle === Number.POSITIVE_INFINITY) kept.push(line);
  }
  return kept;
}

function report(result: { entries: number; filledIn: number } & Awaited<ReturnType<typeof readsOf>>): string {
  const reads = Object.entries(result.reads).map(
    ([name, { rate, p50, p99 }]) =>
      `${name.padEnd(40)} ${rate.toFixed(0).padStart(7)}/s   p50 ${p50.toFixed(2).padStart(6)} ms   p99 ${p99.toFixed(2).padStart(6)} ms`,
  );
  const plans = Object.entries(result.plans).flatMap(([name, plan]) => ['', name, plan]);
  const targets = result.targets.map(
    ({ name, value, bound, ok }) => `${ok ? 'reached' : 'MISSED '} ${name}: ${value} of at most ${bound}`,
  );
  const filled = `${result.entries} entries, filled in ${result.filledIn.toFixed(0)} s; one client`;
  return [filled, '', ...reads, ...plans, '', ...targets].join('\n');
}

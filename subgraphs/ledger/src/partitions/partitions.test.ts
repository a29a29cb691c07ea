import { createLogger } from '@paygraph/service';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrismaClient } from '../generated/prisma/client.ts';
import {
  codes,
  connectTo,
  credit,
  debit,
  house,
  openTestLedger,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import { monthAfter } from '../testing/months.ts';
import { createPartitionRoutine } from './partitions.ts';

const logger = createLogger({ service: 'ledger', level: 'silent' });
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

it('who waited for another to make them finds them made', async () => {
  let late: Promise<unknown> | undefined;
  await owner.$transaction(
    async (first) => {
      await first.$queryRaw`SELECT create_partitions(5)`;
      late = create(ledger.database, 5);
      const waiting = () => first.$queryRaw`
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
      `;
      await expect.poll(waiting, { timeout: 15_000 }).toHaveLength(1);
    },
    { maxWait: 20_000, timeout: 20_000 },
  );
  expect(await late).toBe(0);
});

it('partitions are made, and posting goes on, while somebody reads on', async () => {
  const walletId = await ledger.openWallet({ funds: 100n });
  const spent = transaction([debit(wallet(walletId), 1n), credit(house('SUSPENSE'), 1n)]);
  await owner.$transaction(
    async (reader) => {
      // As pg_dump does: every table, until it has ended.
      await reader.$executeRaw`LOCK TABLE transaction, entry IN ACCESS SHARE MODE`;
      expect(await create(ledger.database, 6)).toBe(2);
      expect(codes(await ledger.engine.post([spent]))).toEqual(['done']);
    },
    { maxWait: 20_000, timeout: 20_000 },
  );
  const [{ tables, indexes } = { tables: [], indexes: [] }] = await owner.$queryRaw<
    Record<'tables' | 'indexes', string[]>[]
  >`
    SELECT array_agg(DISTINCT month) AS tables, array_agg(DISTINCT indexes) AS indexes FROM (
      SELECT right(relname, 7) AS month, count(indexrelid) || ' on ' || left(relname, -8) AS indexes
      FROM pg_class JOIN pg_index ON indrelid = pg_class.oid JOIN pg_inherits ON inhrelid = indexrelid
      WHERE relnamespace = 'history'::regnamespace GROUP BY relname
    ) AS partition
  `;
  expect(tables).toHaveLength(7);
  expect(indexes).toEqual(['1 on entry', '3 on transaction']);
});

describe('the service', () => {
  let unprepared: TestLedger;
  let itsOwner: PrismaClient;
  const registry = new Registry();
  const refuse = () => itsOwner.$executeRaw`REVOKE EXECUTE ON FUNCTION create_partitions(integer) FROM ledger_service`;
  const permit = () => itsOwner.$executeRaw`GRANT EXECUTE ON FUNCTION create_partitions(integer) TO ledger_service`;

  beforeAll(async () => {
    unprepared = await openTestLedger();
    itsOwner = unprepared.asOwner();
    const partitions = await itsOwner.$queryRaw<{ name: string }[]>`
      SELECT format('history.%I', relname) AS name FROM pg_class
      WHERE relkind = 'r' AND relnamespace = 'history'::regnamespace
    `;
    for (const { name } of partitions) await itsOwner.$executeRawUnsafe(`DROP TABLE ${name}`);
  });

  afterAll(() => unprepared.close());

  it('does not serve where nothing could be posted, and tells until when there are partitions', async () => {
    const routine = createPartitionRoutine({ database: unprepared.database, registry, logger });
    await refuse();
    await expect(routine.start()).rejects.toThrow(/permission denied/);
    await permit();
    await routine.start();
    await routine.stop();
    expect(await registry.getSingleMetric('paygraph_ledger_partitions_end_timestamp_seconds')?.get()).toMatchObject({
      values: [{ value: monthAfter(3).getTime() / 1_000 }],
    });
    // Those that are there are enough to begin with.
    await refuse();
    await routine.start();
    await routine.stop();
  });
});

it('a service that comes up before its database does is ready as soon as that is', async () => {
  const nobody = new URL(ledger.databaseUrl);
  nobody.port = '1';
  const away = connectTo(nobody.href);
  const routine = createPartitionRoutine({ database: away, registry: undefined, logger });
  await routine.start();
  await routine.stop();
  await away.$disconnect();
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

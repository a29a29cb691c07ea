import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { isDatabaseAway } from '../errors.ts';
import { PrismaClient } from '../generated/prisma/client.ts';
import { prismaAdapter } from '../index.ts';
import { query, startTestCluster, type TestCluster, type TestDatabase } from './index.ts';

let cluster: TestCluster;
let database: TestDatabase;
let prisma: PrismaClient;

beforeAll(async () => {
  cluster = await startTestCluster([]);
  database = await cluster.createDatabase('risk');
  await query(database.migrationUrl, 'CREATE TABLE committed AS SELECT 1 AS one; GRANT SELECT ON committed TO PUBLIC');
  prisma = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl }) });
});

afterAll(async () => {
  await prisma.$disconnect();
  await cluster.stop();
});

it('a client outlives a crash of PostgreSQL: queries fail, each as what passes, and work again when it is back', async () => {
  const read = () => prisma.$queryRaw`SELECT one FROM committed`;
  expect(await read()).toEqual([{ one: 1 }]);
  const underWay = failureOf(prisma.$queryRaw`SELECT pg_sleep(60) IS NULL AS slept`);
  const inTransaction = failureOf(prisma.$transaction((tx) => tx.$queryRaw`SELECT pg_sleep(60) IS NULL AS slept`));
  await until(async () => (await query(database.databaseUrl, sleepersSql)).length === 2);
  await cluster.crash();
  const refused = [read(), prisma.$transaction((tx) => tx.$queryRaw`SELECT 1`)].map(failureOf);
  for (const failure of [underWay, inTransaction, ...refused]) expect(isDatabaseAway(await failure)).toBe(true);
  const restarting = cluster.restart();
  // What it says while it recovers is another matter, and means the same.
  await until(async () => {
    const failure = await failureOf(read());
    return failure === undefined || !isDatabaseAway(failure);
  });
  await restarting;
  expect(await read()).toEqual([{ one: 1 }]);
});

it('what PostgreSQL refuses is not taken for its absence', async () => {
  expect(isDatabaseAway(await failureOf(prisma.$queryRaw`SELECT * FROM nowhere`))).toBe(false);
  expect(isDatabaseAway(undefined)).toBe(false);
});

const sleepersSql =
  "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()";

function failureOf(asking: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(asking).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const until = (holds: () => Promise<boolean>) =>
  vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 25_000 });

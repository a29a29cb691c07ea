import { afterAll, beforeAll, expect, it } from 'vitest';
import { PrismaClient } from '../generated/prisma/client.ts';
import { prismaAdapter } from '../index.ts';
import { query, startTestCluster, type TestCluster } from './index.ts';

let cluster: TestCluster;
let prisma: PrismaClient;

beforeAll(async () => {
  cluster = await startTestCluster([]);
  const database = await cluster.createDatabase('risk');
  await query(database.migrationUrl, 'CREATE TABLE committed AS SELECT 1 AS one; GRANT SELECT ON committed TO PUBLIC');
  prisma = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl }) });
});

afterAll(async () => {
  await prisma.$disconnect();
  await cluster.stop();
});

it('a client outlives a crash of PostgreSQL: queries fail, and work again when it is back', async () => {
  const read = () => prisma.$queryRaw`SELECT one FROM committed`;
  expect(await read()).toEqual([{ one: 1 }]);
  await cluster.crash();
  await expect(read()).rejects.toThrow();
  await cluster.restart();
  expect(await read()).toEqual([{ one: 1 }]);
});

import { randomUUID } from 'node:crypto';
import { createLogger } from '@paygraph/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PrismaClient } from './generated/prisma/client.ts';
import { databaseReady, postgresError, prismaAdapter } from './index.ts';
import { createEmptyDatabase, query, type TestDatabase } from './testing/index.ts';

/** What `docs/prisma.md` tells callers, held against the versions in use. */
let database: TestDatabase;
let prisma: PrismaClient;

beforeAll(async () => {
  database = await createEmptyDatabase('ledger');
  await query(
    database.migrationUrl,
    `CREATE TYPE colour AS ENUM ('RED', 'GREEN');
     CREATE TABLE sample (
       id bigint PRIMARY KEY,
       name text NOT NULL CONSTRAINT sample_name_key UNIQUE,
       at timestamptz(3) NOT NULL,
       colours colour[] NOT NULL,
       CONSTRAINT id_positive CHECK (id > 0)
     );
     CREATE FUNCTION refuse() RETURNS void LANGUAGE plpgsql AS $$
     BEGIN
       RAISE EXCEPTION 'the wallet is frozen' USING ERRCODE = 'PG001', DETAIL = 'wal_1', HINT = 'thaw it';
     END $$;
     GRANT SELECT, INSERT ON sample TO ledger_service`,
  );
  prisma = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl, poolSize: 2 }) });
});

afterAll(async () => {
  await prisma.$disconnect();
  await database.drop();
});

const failureOf = (work: PromiseLike<unknown>) => work.then(() => undefined, postgresError);

describe('a Prisma client', () => {
  const big = 2n ** 63n - 1n;
  const at = new Date('2026-09-29T12:34:56.789Z');

  it('is ready when the database answers', async () => {
    await databaseReady(prisma);
    const nowhere = prismaAdapter({ url: 'postgresql://nobody:none@127.0.0.1:1/none' });
    await expect(databaseReady(new PrismaClient({ adapter: nowhere }))).rejects.toThrow("Can't reach database server");
  });

  it('is logged, when a value has the wrong type, without the values of the call', async () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'ledger', level: 'info' }, { write: (line) => lines.push(line) });
    const values = { id: 1n, name: 'Ada Lovelace', at: 'yesterday', colours: ['RED' as const] };
    for (const production of [true, false]) {
      vi.stubEnv('NODE_ENV', production ? 'production' : 'test');
      const client = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl, poolSize: 1 }) });
      const err = await client.sample.create({ data: values }).catch((error: unknown) => error);
      logger.error({ err }, 'a field failed');
      logger.error({ err: new Error('A payment failed', { cause: err }) }, 'a field failed');
      await client.$disconnect();
    }
    vi.unstubAllEnvs();
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(JSON.parse(line).err.message).toMatch(/prisma\.sample\.create|client\.sample\.create/);
      expect(JSON.parse(line).err.message).toContain('Invalid value for argument `at`');
      expect(line).not.toMatch(/Lovelace|yesterday/);
    }
  });

  it('has its transactions ended that take too long, if that is asked for, and goes on after', async () => {
    const adapter = prismaAdapter({ url: database.databaseUrl, poolSize: 1, transactionSeconds: 1 });
    const limited = new PrismaClient({ adapter });
    await expect(limited.$queryRaw`SELECT pg_sleep(60)::text`).rejects.toThrow();
    await databaseReady(limited);
    await limited.$disconnect();
    await prisma.$queryRaw`SELECT pg_sleep(1.2)::text`;
  });

  it('prepares what comes again, if that is asked for, and nothing that comes once', async () => {
    const adapter = prismaAdapter({ url: database.databaseUrl, poolSize: 1, prepared: true });
    const preparing = new PrismaClient({ adapter });
    await preparing.$queryRaw`SELECT 'once'`;
    for (const number of [1, 2, 3, 4]) {
      const [row] = await preparing.$queryRaw<{ number: number }[]>`SELECT ${number}::int AS number`;
      expect(row).toEqual({ number });
    }
    const prepared = await preparing.$queryRaw<{ statement: string }[]>`SELECT statement FROM pg_prepared_statements`;
    expect(prepared).toEqual([{ statement: 'SELECT $1::int AS number' }]);
    await preparing.$disconnect();
  });

  it('keeps every bit of a bigint and every millisecond of an instant, there and back', async () => {
    await prisma.sample.create({ data: { id: big, name: 'kept', at, colours: ['RED', 'GREEN'] } });
    expect(await prisma.sample.findUnique({ where: { id: big } })).toEqual({
      id: big,
      name: 'kept',
      at,
      colours: ['RED', 'GREEN'],
    });
    expect(await prisma.$queryRaw`SELECT id, at FROM sample WHERE id = ${big} AND at = ${at}`).toEqual([
      { id: big, at },
    ]);
  });

  it('answers raw queries with enum arrays as text, unless they are cast', async () => {
    expect(await prisma.$queryRaw`SELECT colours, colours::text[] AS names FROM sample WHERE name = 'kept'`).toEqual([
      { colours: '{RED,GREEN}', names: ['RED', 'GREEN'] },
    ]);
  });

  it('answers a raw sum of bigints with a decimal, unless it is cast', async () => {
    const [row] = await prisma.$queryRaw<{ sum: object; cast: bigint }[]>`
      SELECT sum(n), sum(n)::bigint AS cast FROM unnest(${[big - 1n, 1n]}::bigint[]) AS n`;
    expect(String(row?.sum)).toBe(String(big));
    expect(row?.cast).toBe(big);
  });

  it('takes arrays of everything for unnest, when each is cast', async () => {
    const id = '01970000-0000-7000-8000-000000000000';
    const rows = await prisma.$queryRaw`
      SELECT * FROM unnest(
        ${[big, 1n]}::bigint[],
        ${['a,"b"', null]}::text[],
        ${[id, null]}::uuid[],
        ${[at, null]}::timestamptz[],
        ${[{ deep: [1] }, null]}::jsonb[],
        ${['RED', null]}::colour[],
        ${[true, null]}::boolean[]
      ) AS t (amount, label, id, at, data, colour, flag)`;
    expect(rows).toEqual([
      { amount: big, label: 'a,"b"', id, at, data: { deep: [1] }, colour: 'RED', flag: true },
      { amount: 1n, label: null, id: null, at: null, data: null, colour: null, flag: null },
    ]);
    expect(await prisma.$queryRaw`SELECT * FROM unnest(${[]}::bigint[]) AS n`).toEqual([]);
  });

  it('cannot read some types, which have to be cast', async () => {
    await expect(prisma.$queryRaw`SELECT interval '1 day'`).rejects.toThrow("column of type 'interval'");
    await expect(prisma.$queryRaw`SELECT pg_current_xact_id()`).rejects.toThrow("column of type 'xid8'");
    expect(await prisma.$queryRaw`SELECT pg_current_xact_id()::text::bigint > 0 AS positive`).toEqual([
      { positive: true },
    ]);
  });
});

describe("PostgreSQL's refusals", () => {
  it('carry the code, detail and hint that a function raised', async () => {
    const expected = { code: 'PG001', message: 'the wallet is frozen', detail: 'wal_1', hint: 'thaw it' };
    expect(await failureOf(prisma.$executeRaw`SELECT refuse()`)).toMatchObject(expected);
    expect(await failureOf(prisma.$transaction((tx) => tx.$executeRaw`SELECT refuse()`))).toMatchObject(expected);
  });

  it('name the constraint, whether a model or SQL ran into it', async () => {
    const negative = { id: -1n, name: 'new', at: new Date(), colours: [] };
    const check = { code: '23514', constraint: 'id_positive' };
    expect(await failureOf(prisma.sample.create({ data: negative }))).toMatchObject(check);
    expect(await failureOf(prisma.$executeRaw`INSERT INTO sample VALUES (-1, 'new', now(), '{}')`)).toMatchObject(
      check,
    );
    const repeated = { id: 1n, name: 'kept', at: new Date(), colours: [] };
    const unique = { code: '23505', constraint: 'sample_name_key' };
    expect(await failureOf(prisma.sample.create({ data: repeated }))).toMatchObject(unique);
    expect(await failureOf(prisma.$executeRaw`INSERT INTO sample VALUES (1, 'kept', now(), '{}')`)).toMatchObject(
      unique,
    );
  });

  it('stand in the log without the row that was refused', async () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'ledger', level: 'info' }, { write: (line) => lines.push(line) });
    const log = (err: unknown) => logger.error({ err }, 'refused');
    const name = randomUUID();
    const sql = `INSERT INTO sample VALUES (-1, '${name}', now(), '{}')`;
    await prisma.sample.create({ data: { id: -1n, name, at: new Date(), colours: [] } }).catch(log);
    await prisma.$executeRawUnsafe(sql).catch(log);
    await query(database.databaseUrl, sql).catch(log);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toContain('id_positive');
    expect(lines.join('')).not.toContain(name);
  });

  it('are told from failures in which PostgreSQL did not speak', async () => {
    const missing = { where: { id: 404n } };
    await expect(prisma.sample.findUniqueOrThrow(missing)).rejects.toThrow();
    expect(await failureOf(prisma.sample.findUniqueOrThrow(missing))).toBeUndefined();
    expect(postgresError(new Error('Connection terminated unexpectedly'))).toBeUndefined();
    expect(postgresError(undefined)).toBeUndefined();
  });
});

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../logger.ts';
import { createEmptyDatabase, query, type TestDatabase } from '../testing/index.ts';
import { MigrationError, migrate } from './migrate.ts';

let directory: string;
let database: TestDatabase;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-migrations-'));
  database = await createEmptyDatabase('ledger');
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(path.join(directory, name), { recursive: true });
  await writeFile(path.join(directory, name, 'migration.sql'), sql);
}

const apply = (logger = silentLogger) => migrate({ migrationUrl: database.migrationUrl, directory, logger });

const ask = (sql: string) => query(database.migrationUrl, sql);

it('applies migrations in order and once', async () => {
  await addMigration('20260102000000_second', 'INSERT INTO step VALUES (2)');
  await addMigration('20260101000000_first', 'CREATE TABLE step (number int)');
  expect(await apply()).toEqual(['20260101000000_first', '20260102000000_second']);
  expect(await apply()).toEqual([]);
  expect(await ask('SELECT * FROM step')).toEqual([{ number: 2 }]);
});

it('records them as Prisma Migrate does, with the SHA-256 of the file', async () => {
  const sql = 'CREATE TABLE step (number int);\n';
  await addMigration('20260101000000_first', sql);
  await apply();
  const recorded =
    'SELECT migration_name, checksum, applied_steps_count, finished_at IS NOT NULL AS finished FROM _prisma_migrations';
  expect(await ask(recorded)).toEqual([
    {
      migration_name: '20260101000000_first',
      checksum: createHash('sha256').update(sql).digest('hex'),
      applied_steps_count: 1,
      finished: true,
    },
  ]);
});

it('takes functions, whose bodies have semicolons', async () => {
  await addMigration(
    '20260101000000_function',
    'CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END; $$; CREATE TABLE step ();',
  );
  await apply();
  expect(await ask('SELECT two()')).toEqual([{ two: 2 }]);
});

it('names the migration that fails, leaves nothing of it, and refuses to go on', async () => {
  await addMigration('20260101000000_first', 'CREATE TABLE step (number int)');
  await addMigration('20260102000000_second', 'CREATE TABLE other (); CREATE TABLE step ();');
  await expect(apply()).rejects.toThrow(/^Migration 20260102000000_second failed: .*relation "step" already exists$/s);
  expect(await ask("SELECT to_regclass('other') AS other")).toEqual([{ other: null }]);
  await expect(apply()).rejects.toThrow(/20260102000000_second/);
});

it('warns of a migration that was changed after it had been applied', async () => {
  await addMigration('20260101000000_first', 'CREATE TABLE step (number int)');
  await apply();
  await addMigration('20260101000000_first', 'CREATE TABLE step (number bigint)');
  const warnings: unknown[] = [];
  await apply({ ...silentLogger, warn: (fields: unknown) => warnings.push(fields) });
  expect(warnings).toEqual([{ migrations: ['20260101000000_first'] }]);
});

it.each([
  ['an address where nobody listens', (url: URL) => Object.assign(url, { port: '1' }), /ECONNREFUSED/],
  ['another password', (url: URL) => Object.assign(url, { password: 'hunter2' }), /password authentication failed/],
])('says in one line, without the password, that there is no connection with %s', async (_what, change, reason) => {
  const migrationUrl = change(new URL(database.migrationUrl)).href;
  const failure = migrate({ migrationUrl, directory, logger: silentLogger });
  await expect(failure).rejects.toThrow(MigrationError);
  await expect(failure).rejects.toThrow(reason);
  await expect(failure).rejects.toThrow(
    /^No connection as ledger_owner to the database 127\.0\.0\.1:\d+\/ledger_\w+: .+$/,
  );
});

it('lets processes that start together take turns', async () => {
  await addMigration('20260101000000_slow', 'CREATE TABLE step (number int); SELECT pg_sleep(0.5);');
  const applied = await Promise.all([apply(), apply(), apply()]);
  expect(applied.flat()).toEqual(['20260101000000_slow']);
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../logger.ts';
import { createClusterFolder } from '../testing/folder.ts';
import { query } from '../testing/index.ts';
import { type Account, canEnter, runsAsRoot, serverAccount } from './account.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';

const program = fileURLToPath(new URL('fixtures/run-server.ts', import.meta.url));

/** The tests take turns with one cluster: making one is what takes time. */
let directory: string;
let running: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = await createClusterFolder();
});

afterEach(stopAll);

afterAll(() => rm(directory, { recursive: true }));

async function stopAll(): Promise<void> {
  for (const stop of running.reverse()) await stop();
  running = [];
}

async function start(folder = directory): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory: folder, logger: silentLogger, durability: 'tests' });
  running.push(server.stop);
  return server;
}

/** Another process that runs a server in the same folder; `url` is the owner's of the ledger's database. */
async function startElsewhere(
  folder = directory,
  account: Account = {},
): Promise<{ process: ChildProcess; url: string }> {
  const other = spawn(process.execPath, ['--import', 'tsx', program, folder], {
    ...account,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CACHE_HOME: path.join(folder, 'cache') },
  });
  running.push(async () => {
    if (other.exitCode !== null || other.signalCode !== null) return;
    other.kill('SIGTERM');
    await once(other, 'exit');
  });
  const complaint = createInterface(other.stderr);
  const url = await Promise.race([once(createInterface(other.stdout), 'line'), once(complaint, 'line')]);
  return { process: other, url: String(url[0]) };
}

const serverPid = (): number =>
  Number.parseInt(readFileSync(path.join(directory, 'postgres/postmaster.pid'), 'utf8'), 10);

describe('an embedded PostgreSQL', () => {
  it('keeps its data from one start to the next', async () => {
    const first = await start();
    await query(first.migrationUrl('ledger'), 'CREATE TABLE kept_after_stop AS SELECT 1 AS one');
    await first.stop();
    const second = await start();
    expect(await query(second.migrationUrl('ledger'), 'SELECT * FROM kept_after_stop')).toEqual([{ one: 1 }]);
  });

  it('has databases in UTF-8 that compare text by code point, whatever the machine is set to', async () => {
    const server = await start();
    const settings =
      "SELECT datlocale, pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = 'risk'";
    expect(await query(server.migrationUrl('risk'), settings)).toEqual([{ datlocale: 'C.UTF-8', encoding: 'UTF8' }]);
    expect(await query(server.migrationUrl('risk'), "SELECT 'Z' < 'a' AS by_code_point, upper('ä') AS upper")).toEqual([
      { by_code_point: true, upper: 'Ä' },
    ]);
  });

  it('is closed to whoever lacks the password, and to other subgraphs', async () => {
    const server = await start();
    const ledger = new URL(server.databaseUrl('ledger'));
    const guessed = new URL(ledger);
    guessed.password = 'guess';
    await expect(query(guessed.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const wallet = new URL(server.databaseUrl('wallet'));
    wallet.pathname = ledger.pathname;
    await expect(query(wallet.href, 'SELECT 1')).rejects.toThrow('permission denied for database "ledger"');
  });

  it('stops within five seconds, whatever is open', async () => {
    const server = await start();
    const client = new pg.Client(server.migrationUrl('ledger'));
    client.on('error', () => {});
    await client.connect();
    await client.query('BEGIN');
    const before = performance.now();
    await server.stop();
    expect(performance.now() - before).toBeLessThan(5_000);
    await server.exited;
  });

  it('refuses a folder that a running process uses, in one line', async () => {
    await start();
    const { url: complaint } = await startElsewhere();
    expect(complaint).toMatch(/postgres is in use: PostgreSQL process \d+ belongs to another running Paygraph$/);
  });
});

describe('after a crash', () => {
  it('of the process, its server is shut down and the next one has the data', async () => {
    const { process: killed, url } = await startElsewhere();
    await query(url, 'CREATE TABLE kept_after_kill AS SELECT 1 AS one');
    const orphan = serverPid();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const server = await start();
    expect(serverPid()).not.toBe(orphan);
    expect(await query(server.migrationUrl('ledger'), 'SELECT * FROM kept_after_kill')).toEqual([{ one: 1 }]);
  });

  it('of PostgreSQL, the next start recovers what was committed', async () => {
    const first = await start();
    await query(first.migrationUrl('ledger'), 'CREATE TABLE kept_after_crash AS SELECT 1 AS one');
    await first.kill();
    const second = await start();
    expect(await query(second.migrationUrl('ledger'), 'SELECT * FROM kept_after_crash')).toEqual([{ one: 1 }]);
  });

  it('a process that has the number of the former server by chance is neither harmed nor in the way', async () => {
    const first = await start();
    const file = path.join(directory, 'postgres/postmaster.pid');
    const remains = readFileSync(file, 'utf8').split('\n').slice(1);
    await first.stop();
    const data = statSync(path.join(directory, 'postgres'));
    const bystander = spawn('/bin/sh', ['-c', 'read line'], { cwd: '/', uid: data.uid, gid: data.gid });
    running.push(async () => bystander.kill());
    writeFileSync(file, [bystander.pid, ...remains].join('\n'));
    await start();
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
  });
});

describe.runIf(runsAsRoot())('for root', () => {
  it('keeps data elsewhere when PostgreSQL cannot enter the folder', async () => {
    const folder = await createClusterFolder();
    chmodSync(folder, 0o700);
    const first = await start(folder);
    await query(first.migrationUrl('ledger'), 'CREATE TABLE kept AS SELECT 1 AS one');
    await first.stop();
    const second = await start(folder);
    expect(await query(second.migrationUrl('ledger'), 'SELECT * FROM kept')).toEqual([{ one: 1 }]);
    const elsewhere = realpathSync(path.join(folder, 'postgres'));
    expect(elsewhere).toMatch(/^\/var\/lib\/paygraph\//);
    await stopAll();
    await rm(elsewhere, { recursive: true });
    await expect(start(folder)).rejects.toThrow(`points to ${elsewhere}, which is gone`);
    await rm(folder, { recursive: true });
  });

  const account = serverAccount('');
  it.runIf(canEnter(account, path.dirname(program)))('an ordinary user runs one of their own', async () => {
    const folder = await createClusterFolder();
    const { uid, gid } = { uid: 0, gid: 0, ...account };
    chownSync(folder, uid, gid);
    const { url } = await startElsewhere(folder, account);
    expect(await query(url, 'SELECT current_user')).toEqual([{ current_user: 'ledger_owner' }]);
    expect(statSync(path.join(folder, 'postgres')).uid).toBe(uid);
    await stopAll();
    await rm(folder, { recursive: true });
  });
});

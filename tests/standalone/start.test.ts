import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoAccounts, demoPassword } from '@paygraph/playground';
import { isFree, until } from '@paygraph/standalone';
import { signIn } from '@paygraph/standalone/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Command, run } from '../support/command.ts';
import { consecutivePorts } from '../support/ports.ts';

vi.setConfig({ testTimeout: 90_000 });

/*
 * One installation from its first start on, told in order: each test finds what the one before has left.
 */
const oneProcess = 'apps/standalone/src/main.ts';
const manyProcesses = 'apps/standalone/src/main-services.ts';
const demo = 'apps/standalone/src/demo/main.ts';

let directory: string;
/** The gateway's, and the seven after it for subgraphs and the rails' sandbox with a process of their own. */
let ports: readonly number[];
let port: number;
const commands: Command[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paygraph-standalone-'));
  ports = await consecutivePorts(8);
  port = ports[0] ?? 0;
});
afterAll(async () => {
  await Promise.all(commands.map((command) => command.end('SIGKILL')));
  const postgres = postgresPid();
  if (postgres !== undefined && isAlive(postgres)) process.kill(postgres, 'SIGQUIT');
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

function start(program: string): Command {
  const command = run(program, { PAYGRAPH_DIRECTORY: directory, PORT: String(port) });
  commands.push(command);
  return command;
}

const url = () => `http://127.0.0.1:${port}/graphql`;

async function startAndWait(program: string): Promise<Command> {
  const command = start(program);
  const outcome = command.ended.then(({ code }) => {
    throw new Error(`It ended with code ${code}: ${command.errors()}`);
  });
  const ready = until('the platform is ready', 60_000, async () => command.output().includes('Paygraph is ready'));
  await Promise.race([ready, outcome]);
  return command;
}

/** What Ada has, and how many payments there are in all. */
async function holdings() {
  const [ada, , , operator] = await Promise.all(demoAccounts.map(({ email }) => signIn(url(), email, demoPassword)));
  const wallets = await ada?.graph('{ wallets { nodes { id currency balance { available { amount } } } } }');
  const payments = await operator?.graph('{ payments(first: 100) { nodes { id state } } }');
  return { wallets, payments };
}

function postgresPid(): number | undefined {
  const file = join(directory, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the demo', () => {
  it.each([
    [{ PORT: 'many' }, 'PORT: must be a port number'],
    [{ PAYGRAPH_URL: 'http://127.0.0.1:1/graphql' }, 'Nothing answers at http://127.0.0.1:1/graphql'],
  ])('says in one line what is wrong with %j', async (env, line) => {
    const told = run(demo, env);
    commands.push(told);
    expect(await told.ended).toMatchObject({ code: 1 });
    expect(told.output()).toContain(line);
    expect(told.errors()).toBe('');
  });
});

describe('the platform on one machine', () => {
  let running: Command;
  let postgres: number | undefined;
  let before: Awaited<ReturnType<typeof holdings>>;

  it('starts from nothing, and says where it is, for whom, and what to try', async () => {
    running = await startAndWait(oneProcess);
    const banner = running.output();
    for (const place of ['playground', 'graphql', 'health/ready'])
      expect(banner).toContain(`http://localhost:${port}/${place}`);
    for (const { email } of demoAccounts) expect(banner).toContain(email);
    expect(banner).toContain(demoPassword);
    expect(banner.match(/^ {4}\d {2}(mutation|query|subscription) /gm)).toHaveLength(3);
    expect(running.errors()).toBe('');

    const health = await fetch(new URL('/health/ready', url()));
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      status: 'ready',
      dependencies: { payment: { status: 'up' }, jwks: { status: 'up' } },
    });
  });

  it('has demo data: four wallets each, filled by deposits', async () => {
    const { wallets, payments } = await holdings();
    const balances = { USD: '1000.00', EUR: '500.00', GHS: '2500.00', JPY: '50000' };
    expect(wallets).toEqual({
      wallets: {
        nodes: Object.entries(balances).map(([currency, amount]) => ({
          id: expect.stringMatching(/^wal_/),
          currency,
          balance: { available: { amount } },
        })),
      },
    });
    expect(payments).toMatchObject({ payments: { nodes: Array.from({ length: 8 }, () => ({ state: 'CONFIRMED' })) } });
  });

  it('lets the demo find that every check holds', async () => {
    const told = start(demo);
    expect(await told.ended).toEqual({ code: 0, signal: null });
    expect(told.output()).toContain('25.25');
    expect(told.output()).toContain('Every check held.');
  });

  it('stops with PostgreSQL within ten seconds of SIGTERM', async () => {
    before = await holdings();
    postgres = postgresPid();
    expect(postgres && isAlive(postgres)).toBe(true);
    const asked = Date.now();
    expect(await running.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect(postgres && isAlive(postgres)).toBe(false);
    expect(await isFree(port)).toBe(true);
  });

  it('says in one line that its port is busy, and how to choose another', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const refused = start(oneProcess);
    expect(await refused.ended).toMatchObject({ code: 1 });
    other.close();
    const lines = refused.errors().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`\\b${port}\\b`));
    expect(lines[0]).toContain('PORT');
    const left = postgresPid();
    expect(left !== undefined && isAlive(left)).toBe(false);
  });

  it('finds its data again, in a process per service too, and seeds nothing twice', async () => {
    running = await startAndWait(manyProcesses);
    expect(await holdings()).toEqual(before);
    for (const service of ports) expect(await isFree(service)).toBe(false);
  });

  it('killed, leaves nothing behind that keeps it from starting again', async () => {
    await running.end('SIGKILL');
    running = await startAndWait(oneProcess);
    expect(await holdings()).toEqual(before);
    await until('the services of the one before are gone', 10_000, async () =>
      (await Promise.all(ports.slice(1).map(isFree))).every((free) => free),
    );
  });

  it('stops on Ctrl+C', async () => {
    postgres = postgresPid();
    expect(await running.end('SIGINT')).toEqual({ code: 0, signal: null });
    expect(postgres && isAlive(postgres)).toBe(false);
  });

  it('begins anew when its database has been removed', async () => {
    await rm(join(directory, 'postgres'), { recursive: true });
    running = await startAndWait(oneProcess);
    const { payments } = await holdings();
    expect(payments).toMatchObject({ payments: { nodes: Array.from({ length: 8 }, () => ({ state: 'CONFIRMED' })) } });
    expect(await running.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

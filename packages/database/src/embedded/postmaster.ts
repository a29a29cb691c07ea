import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Logger } from '../logger.ts';
import type { DataDirectory } from './data-directory.ts';

/** `tests`: a crash of the machine may lose what was committed, a crash of PostgreSQL alone does not. */
export type Durability = 'full' | 'tests';

const DURABILITY: Record<Durability, string[]> = {
  full: [],
  tests: ['fsync=off', 'full_page_writes=off', 'max_wal_size=128MB', 'min_wal_size=32MB'],
};

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=300',
  'timezone=UTC',
  'log_timezone=UTC',
  'lc_messages=C',
  // Neither rows nor parameters get into the log: they are personal data.
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
];

/** PostgreSQL ended before it was ready. */
export class StartError extends Error {
  override readonly name = 'StartError';
  /** Whether the cause may be gone in a moment: a port just taken, or processes of a killed server on their way out. */
  readonly transient: boolean;

  constructor(log: string) {
    super(`PostgreSQL did not start: ${log}`);
    this.transient = /Address already in use|lock file .* already exists|pre-existing shared memory/.test(log);
  }
}

export interface ServerOptions {
  logger: Logger;
  /** `full` unless told; `tests` trades the safety of the data for speed. */
  durability?: Durability;
  /** A free one, chosen anew at each start, unless told. */
  port?: number;
}

export interface Postmaster {
  port: number;
  /** Resolves when the server is gone, by `stop` or by itself. */
  exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back. After four seconds an immediate one. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/**
 * Starts PostgreSQL on 127.0.0.1 and resolves when it accepts connections.
 *
 * @throws StartError
 */
export async function startPostmaster(
  programs: string,
  data: DataDirectory,
  { logger, durability = 'full', port = undefined }: ServerOptions,
): Promise<Postmaster> {
  port ??= await freePort();
  const settings = [`port=${port}`, ...SETTINGS, ...DURABILITY[durability]];
  // In a process group of its own: Ctrl-C reaches the terminal's whole group, and PostgreSQL has to outlive its clients.
  const server = spawn(path.join(programs, 'postgres'), ['-D', data.path, ...settings.flatMap((set) => ['-c', set])], {
    ...data.account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const shutDown = () => server.kill('SIGINT');
  process.once('exit', shutDown);
  void exited.then(() => process.off('exit', shutDown));
  await ready(server, logger);
  return { port, exited, stop: () => stop(server, exited), kill: () => kill(server, exited) };
}

async function stop(server: ChildProcess, exited: Promise<void>): Promise<void> {
  server.kill('SIGINT');
  const impatience = setTimeout(() => server.kill('SIGQUIT'), 4_000);
  await exited;
  clearTimeout(impatience);
}

async function kill(server: ChildProcess, exited: Promise<void>): Promise<void> {
  server.kill('SIGKILL');
  await exited;
}

/** Passes the server's log on, for as long as it runs. */
async function ready(server: ChildProcessByStdio<null, null, Readable>, logger: Logger): Promise<void> {
  const lines = createInterface(server.stderr);
  lines.on('line', (line) => {
    if (/(WARNING|FATAL|PANIC): /.test(line)) logger.warn({ line }, 'PostgreSQL');
    else logger.debug({ line }, 'PostgreSQL');
  });
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    lines.on('line', function collect(line) {
      log.push(line);
      if (!line.includes('database system is ready to accept connections')) return;
      lines.off('line', collect);
      resolve();
    });
    server.once('error', reject);
    server.once('close', () => reject(new StartError(log.join('\n'))));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

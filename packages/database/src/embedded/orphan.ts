import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '@paygraph/service';
import { claimServer } from './claim.ts';
import type { DataDirectory } from './data-directory.ts';

/** A living process has the data in use. The message is one line for the operator. */
export class DirectoryInUseError extends OperatorError {
  override readonly name = 'DirectoryInUseError';
}

/** How long a server that is neither ready nor gone is waited for: recovery after a crash takes its time. */
const PATIENCE_MS = 30_000;

/**
 * Frees the data of what a killed process left behind: a server of ours that still runs is shut down. A foreign process
 * that only has the number of a former server is left alone.
 *
 * @throws DirectoryInUseError when the server belongs to a process that lives
 */
export async function clearOrphan(data: DataDirectory): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const server = await findServer(data);
    if (server === undefined) return;
    if (Date.now() > deadline) throw new DirectoryInUseError(inUse(data, server, 'does not answer'));
    await shutDownIfAbandoned(data, server);
    await delay(50);
  }
}

interface RunningServer {
  pid: number;
  port: number;
}

const inUse = (data: DataDirectory, { pid }: RunningServer, what: string): string =>
  `${data.path} is in use: PostgreSQL process ${pid} ${what}`;

async function shutDownIfAbandoned(data: DataDirectory, server: RunningServer): Promise<void> {
  const claimed = await claimServer({ port: server.port, secret: data.secret }, 2_000).catch(
    () => 'no answer' as const,
  );
  if (claimed === 'no answer') return;
  if (claimed === undefined) throw new DirectoryInUseError(inUse(data, server, 'belongs to another running Paygraph'));
  await claimed.release();
  if (isAlive(server.pid)) process.kill(server.pid, 'SIGINT');
}

/** The server that runs on the data, from what it wrote into `postmaster.pid`. */
async function findServer(data: DataDirectory): Promise<RunningServer | undefined> {
  const file = path.join(data.path, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (pid > 0 && !isAlive(pid)) return undefined;
  if (pid > 0 && commandLineOf(pid).includes(data.path)) return { pid, port };
  // Another process has the number now, which PostgreSQL would take for a server. It ignores the number of its own
  // parent, us, and still checks the old server's shared memory, as it could not if the file were gone.
  await writeFile(file, [process.pid, ...lines.slice(1)].join('\n'));
  return undefined;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function commandLineOf(pid: number): string {
  try {
    return os.platform() === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureKeys, type KeyFiles } from '@paygraph/auth';
import { cpuSeconds, start, stop } from '@paygraph/bench';
import { keyHolders } from '../../src/services/environment.ts';
import type { PlatformReady } from './platform-process.ts';

/** A platform of its own: a PostgreSQL server with full durability and a process per service. */
export interface Installation extends Omit<PlatformReady, 'keys'> {
  readonly keys: KeyFiles;
  /** CPU time in s of all its processes so far, PostgreSQL's included. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/**
 * @param settings variables of its services
 * @param profileDirectory where a CPU profile of each process goes; none are taken if left out
 */
export async function startInstallation(
  settings: Readonly<Record<string, string>>,
  profileDirectory?: string,
): Promise<Installation> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-bench-'));
  const main = fileURLToPath(new URL('platform-process.ts', import.meta.url));
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    NODE_ENV: 'production',
    PAYGRAPH_DIRECTORY: directory,
    ...(profileDirectory !== undefined && { NODE_OPTIONS: await profilerIn(profileDirectory) }),
    ...settings,
  };
  const child = start([process.execPath, '--import', import.meta.resolve('tsx'), main], env);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A platform ended with ${code}`);
  });
  ended.catch(() => {});
  const [ready] = (await Promise.race([once(child, 'message'), ended])) as [PlatformReady];
  const keys = await ensureKeys({ directory: ready.keys, services: keyHolders });
  return {
    ...ready,
    keys,
    cpuSeconds: () => cpuSeconds(child.pid),
    async stop() {
      await stop(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function profilerIn(directory: string): Promise<string> {
  const folder = path.resolve(directory);
  await mkdir(folder, { recursive: true });
  const profiler = new URL('profiler.mjs', import.meta.url);
  profiler.search = encodeURIComponent(folder);
  return `--import ${profiler.href}`;
}

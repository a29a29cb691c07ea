import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Ticks of the processor clock in a second: what Linux tells programs on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU time in s that a process and its children have used, all threads, in user and kernel mode; also that of children who
 * have ended by now, such as PostgreSQL's workers.
 */
export function cpuSeconds(pid: number): number {
  return sum(treeOf(pid), (each) => {
    const [user, kernel, endedUser, endedKernel] = statOf(each).slice(11, 15).map(Number);
    return ((user ?? 0) + (kernel ?? 0) + (endedUser ?? 0) + (endedKernel ?? 0)) / TICKS_PER_SECOND;
  });
}

/** Resident memory in MiB of a process and its children. */
export function residentMiB(pid: number): number {
  return sum(treeOf(pid), (each) => Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${each}/status`))?.[1] ?? 0) / 1024);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}

/** A child that is gone when its parent is. */
export function start(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): ChildProcess & { pid: number } {
  const [program = process.execPath, ...parameters] = command;
  const child = spawn(program, parameters, { env, cwd, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} does not start`);
  const kill = () => child.kill();
  process.on('exit', kill);
  child.on('exit', () => process.off('exit', kill));
  return Object.assign(child, { pid });
}

/** Ends a child that was started, by force if it takes more than 10 s. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(force);
}

/** Runs a program to its end, with `input` as JSON, and gives what it wrote as JSON. */
export async function ask<Answer>(command: readonly string[], input: unknown): Promise<Answer> {
  const [program = process.execPath, ...parameters] = command;
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stdin.end(JSON.stringify(input));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  return JSON.parse(output) as Answer;
}

/** A process, its children and theirs. */
function treeOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(Number(name))[1])] as const);
  const tree = [pid];
  for (const each of tree) tree.push(...parents.filter(([, parent]) => parent === each).map(([child]) => child));
  return tree;
}

/** The fields of `/proc/PID/stat` after the name, which may hold blanks: state, parent, … */
function statOf(pid: number): string[] {
  return read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** Nothing when the process has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function sum<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((total, each) => total + of(each), 0);
}

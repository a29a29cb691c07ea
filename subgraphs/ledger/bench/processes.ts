import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Measure } from '@paygraph/bench';
import type { Task } from './engine-process.ts';

const program = fileURLToPath(new URL('engine-process.ts', import.meta.url));

/** Starts engines in processes of their own, on one database of which the wallets are funded. */
export async function startProcesses(databaseUrl: string, count: number) {
  const children = await Promise.all(Array.from({ length: count }, () => start(databaseUrl)));
  return {
    /** So many of them at the same time, with the clients shared out. */
    measure: async (processes: number, { clients, seconds }: Task): Promise<Measure> => {
      const task = { clients: clients / processes, seconds };
      const measures = await Promise.all(children.slice(0, processes).map((child) => run(child, task)));
      return {
        rate: measures.reduce((sum, { rate }) => sum + rate, 0),
        p50: measures.reduce((sum, { p50 }) => sum + p50, 0) / processes,
        p99: Math.max(...measures.map(({ p99 }) => p99)),
      };
    },
    close: async () => {
      for (const child of children) child.disconnect();
      await Promise.all(children.map((child) => once(child, 'exit')));
    },
  };
}

async function start(databaseUrl: string): Promise<ChildProcess> {
  const env = { ...process.env, LEDGER_DATABASE_URL: databaseUrl };
  const child = fork(program, { env, execArgv: ['--import', 'tsx'] });
  await answerOf(child);
  return child;
}

async function run(child: ChildProcess, task: Task): Promise<Measure> {
  child.send(task);
  return (await answerOf(child)) as Measure;
}

/** @throws Error when the process ends instead */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('A process of the benchmark ended');
  });
  try {
    const [answer] = await Promise.race([once(child, 'message'), exit]);
    return answer;
  } finally {
    ended.abort();
    exit.catch(() => {});
  }
}

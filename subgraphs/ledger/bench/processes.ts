import type { Measure } from '@paygraph/bench';
import { endChild, run, startChild } from './child.ts';
import type { Task } from './engine-process.ts';

/** Starts engines in processes of their own, on one database of which the wallets are funded. */
export async function startProcesses(databaseUrl: string, count: number) {
  const env = { ...process.env, LEDGER_DATABASE_URL: databaseUrl };
  const children = await Promise.all(Array.from({ length: count }, () => startChild('engine-process.ts', env)));
  return {
    /** So many of them at the same time, with the clients shared out. */
    measure: async (processes: number, { clients, seconds }: Task): Promise<Measure> => {
      const task = { clients: clients / processes, seconds };
      const measures = await Promise.all(children.slice(0, processes).map((child) => run<Task, Measure>(child, task)));
      return {
        rate: measures.reduce((sum, { rate }) => sum + rate, 0),
        p50: measures.reduce((sum, { p50 }) => sum + p50, 0) / processes,
        p99: Math.max(...measures.map(({ p99 }) => p99)),
      };
    },
    close: () => Promise.all(children.map(endChild)),
  };
}

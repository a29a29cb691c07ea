import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@paygraph/service';
import type { ProofMetrics } from './metrics.ts';
import type { Proof } from './proof.ts';

export interface ProofWorkerOptions {
  readonly proof: Proof;
  readonly metrics: ProofMetrics | undefined;
  readonly logger: Logger;
  /** Time in ms between two runs. */
  readonly intervalMs: number;
  /** How long it rests after each slice, in times of what the slice took: what is left of a processor for the rest. */
  readonly rest?: number;
}

export interface ProofWorker {
  start(): void;
  /** One run: everything since the last proof, all counters, everything pending. Returns what is wrong, in words. */
  run(): Promise<string[]>;
  /** Resolves when a slice under way has ended. */
  stop(): Promise<void>;
}

/** Faults that one run reports in words: with more, the first are enough to begin with. */
const mostFaults = 100;

/**
 * Proves the books now and then, and says so in metrics and, when they are broken, in the log. It takes a slice, rests, and
 * takes the next, so that posting hardly notices. Several on one database are harmless: they share the mark.
 */
export function createProofWorker(options: ProofWorkerOptions): ProofWorker {
  const { proof, metrics, logger, intervalMs, rest = 4 } = options;
  const stopping = new AbortController();
  let running: Promise<unknown> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const resting = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const start = performance.now();
    const result = await work();
    await delay(rest * (performance.now() - start), undefined, { signal: stopping.signal });
    return result;
  };

  /** Up to where the books stood when it began. */
  const proveTransactions = async (head: bigint): Promise<{ sequence: bigint; faults: readonly string[] }> => {
    let mark = await proof.mark();
    while (mark.sequence < head) {
      const proven = await resting(() => proof.nextSlice(mark));
      if (proven.faults.length > 0) return { sequence: mark.sequence, faults: proven.faults };
      if (proven.mark.sequence === mark.sequence)
        return { sequence: mark.sequence, faults: [`nothing seals the transactions after ${mark.sequence}`] };
      mark = proven.mark;
    }
    return { sequence: mark.sequence, faults: [] };
  };
  const proveAccounts = async (): Promise<string[]> => {
    const faults: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const from: string = after;
      const slice = await resting(() => proof.accountsAfter(from));
      faults.push(...slice.faults);
      after = slice.next;
    }
    return faults;
  };

  const run = async (): Promise<string[]> => {
    const head = await proof.headSequence();
    const { sequence, faults: inTransactions } = await proveTransactions(head);
    const inAccounts = await proveAccounts();
    const inPending = await proof.pending();
    const sums = await proof.sums();
    const unbalanced = sums.filter(({ debits, credits }) => debits !== credits);
    const faults = [
      ...inTransactions,
      ...inAccounts,
      ...inPending,
      ...unbalanced.map(({ currency }) => `all debits and credits of ${currency} differ`),
    ];
    metrics?.ran({ sequence, head, faults: faults.length, sums });
    if (faults.length > 0) logger.error({ faults: faults.slice(0, mostFaults) }, 'the books are broken');
    return faults;
  };

  const schedule = () => {
    timer = setTimeout(() => {
      running = look();
    }, intervalMs);
  };
  const look = async () => {
    try {
      await run();
    } catch (error) {
      if (stopping.signal.aborted) return;
      metrics?.failed();
      logger.error({ err: error }, 'the books could not be proven');
    }
    if (!stopping.signal.aborted) schedule();
  };

  return {
    start: schedule,
    run,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

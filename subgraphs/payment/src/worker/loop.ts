import type { Logger } from '@paygraph/service';
import type { WorkObserver } from './metrics.ts';

export interface LoopOptions {
  readonly name: string;
  /** Does a round of work and says whether there was any, or how much. */
  readonly round: () => Promise<boolean | number>;
  /** With less than that in a round there is nothing more to do until there is a nudge; 1 unless told. */
  readonly batchSize?: number;
  /** How often to look without being nudged. */
  readonly pollMs: number;
  /** How many rounds may run at a time. */
  readonly concurrency?: number;
  readonly logger: Logger;
  readonly observe?: Pick<WorkObserver, 'round'> | undefined;
}

export interface Loop {
  start(): void;
  /** There may be work: a round begins at once, or after those that run now. */
  nudge(): void;
  /** There will be work in so many ms. */
  nudgeIn(delayMs: number): void;
  /** Begins nothing more and waits for what runs. */
  stop(): Promise<void>;
}

/**
 * Runs rounds while there is work. Nudges that come while all rounds are running lead to one more, which then finds all
 * the work that has gathered: so batches grow with the load, and a lone piece of work never waits.
 */
export function createLoop(options: LoopOptions): Loop {
  const { name, round, batchSize = 1, pollMs, concurrency = 1, logger, observe } = options;
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let active = 0;
  let poll: NodeJS.Timeout | undefined;
  let nudged = false;
  let stopped = true;

  const run = async () => {
    active += 1;
    while (nudged && !stopped) {
      nudged = false;
      const begun = performance.now();
      const ended = (outcome: 'worked' | 'idle' | 'failed') =>
        observe?.round(name, outcome, (performance.now() - begun) / 1_000);
      try {
        const found = Number(await round());
        if (found >= batchSize) nudged = true;
        ended(found > 0 ? 'worked' : 'idle');
      } catch (error) {
        // Leases run out and the poll comes round: nothing is lost but time.
        logger.error({ err: error, worker: name }, 'a round of work failed');
        ended('failed');
      }
    }
    // In the same breath as the look at `nudged`, so that no nudge falls between the two.
    active -= 1;
  };
  const nudge = () => {
    nudged = true;
    if (stopped || active >= concurrency) return;
    const runner = run().finally(() => running.delete(runner));
    running.add(runner);
  };

  return {
    start() {
      stopped = false;
      poll = setInterval(nudge, pollMs);
      nudge();
    },
    nudge,
    nudgeIn(delayMs) {
      if (stopped) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        nudge();
      }, delayMs);
      timers.add(timer);
    },
    async stop() {
      stopped = true;
      clearInterval(poll);
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await Promise.all(running);
    },
  };
}

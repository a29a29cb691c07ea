import type { Logger } from '@paygraph/service';
import { atMost } from '../patience.ts';
import type { WorkObserver } from './metrics.ts';

export interface LoopOptions {
  readonly name: string;
  /** Does a round of work and says whether there was any, or how much. */
  readonly round: () => Promise<boolean | number>;
  /** With less than that in a round there is nothing more to do until there is a nudge; 1 unless told. */
  readonly batchSize?: number;
  /** How long a nudge waits for more work to go with it, in ms; not at all unless told. */
  readonly gatherMs?: number;
  /** How often to look without being nudged. */
  readonly pollMs: number;
  /** How many rounds may run at a time. */
  readonly concurrency?: number;
  readonly logger: Logger;
  readonly observe?: Pick<WorkObserver, 'round'> | undefined;
}

export interface Loop {
  start(): void;
  /** There may be work: a round begins at once (when it has gathered), or after those that run now. */
  nudge(): void;
  /** There will be work in so many ms. */
  nudgeIn(delayMs: number): void;
  /** A place for work that somebody has in hand, unless all are taken. */
  takePlace(): Place | undefined;
  /** Resolves when those who run rounds now have nothing more to do, or after so many ms: at once when nobody does. */
  quiet(longestMs: number): Promise<void>;
  /** Begins nothing more, but for what had only to gather, and waits for what runs. */
  stop(): Promise<void>;
}

/** Counts as a round from when it is taken until it is left. One of the two is called, once. */
export interface Place {
  /** Does the work as if a round had found it, unless the loop has been stopped, and leaves the place. */
  fill(work: () => Promise<boolean | number>): void;
  leave(): void;
}

/**
 * Runs rounds while there is work. Nudges that come while all rounds are running lead to one more, which then finds all
 * the work that has gathered: so batches grow with the load, and a lone piece of work never waits.
 */
export function createLoop(options: LoopOptions): Loop {
  const { name, round, batchSize = 1, gatherMs = 0, pollMs, concurrency = 1, logger, observe } = options;
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let active = 0;
  let poll: NodeJS.Timeout | undefined;
  let gathering = false;
  let nudged = false;
  let stopped = true;

  const perform = async (work: () => Promise<boolean | number>) => {
    const begun = performance.now();
    const ended = (outcome: 'worked' | 'idle' | 'failed') =>
      observe?.round(name, outcome, (performance.now() - begun) / 1_000);
    try {
      const found = Number(await work());
      if (found >= batchSize) nudged = true;
      ended(found > 0 ? 'worked' : 'idle');
    } catch (error) {
      // Leases run out and the poll comes round: nothing is lost but time.
      logger.error({ err: error, worker: name }, 'a round of work failed');
      ended('failed');
    }
  };
  const run = async () => {
    while (nudged && !stopped) {
      nudged = false;
      await perform(round);
    }
    // In the same breath as the look at `nudged`, so that no nudge falls between the two.
    active -= 1;
  };
  const keep = (doing: Promise<void>) => {
    const runner = doing.finally(() => running.delete(runner));
    running.add(runner);
  };
  const nudge = () => {
    nudged = true;
    if (stopped || active >= concurrency) return;
    active += 1;
    keep(run());
  };
  const nudgeIn = (delayMs: number, then = nudge) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      then();
    }, delayMs);
    timers.add(timer);
  };
  const gather = () => {
    if (gathering || stopped) return;
    gathering = true;
    nudgeIn(gatherMs, () => {
      gathering = false;
      nudge();
    });
  };

  return {
    start() {
      stopped = false;
      poll = setInterval(nudge, pollMs);
      nudge();
    },
    nudge: gatherMs > 0 ? gather : nudge,
    nudgeIn,
    takePlace() {
      if (stopped || active >= concurrency) return undefined;
      active += 1;
      return {
        fill: (work) => keep(stopped ? run() : perform(work).then(run)),
        leave: () => keep(run()),
      };
    },
    async quiet(longestMs) {
      if (running.size > 0) await atMost(longestMs, Promise.allSettled(running));
    },
    async stop() {
      if (gathering) nudge();
      gathering = false;
      stopped = true;
      clearInterval(poll);
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await Promise.all(running);
    },
  };
}

import type { Logger } from './logger.ts';

export interface RoutineOptions {
  /** For the log. */
  readonly name: string;
  /** Does the work once; what it throws is logged, and it is tried again at its next time. */
  readonly run: () => Promise<unknown>;
  /** From the end of one time to the beginning of the next, in ms. */
  readonly everyMs: number;
  readonly logger: Logger;
}

/** Work beside requests that is done again and again. */
export interface Routine {
  /** Does it first after one interval: processes that start together need nothing of each other at once. */
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** Does something again and again, never twice at a time in this process; any number of processes may. */
export function createRoutine({ name, run, everyMs, logger }: RoutineOptions): Routine {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = true;

  const once = async () => {
    try {
      await run();
    } catch (error) {
      logger.warn({ err: error, routine: name }, 'a routine failed; it is tried again');
    }
    if (!stopped) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => {
      running = once();
    }, everyMs).unref();
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

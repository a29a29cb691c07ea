import { type Clock, createRoutine, type Logger, type Routine } from '@paygraph/service';

const everyMs = 60 * 60 * 1000;

/** A store that gathers what time makes worthless. */
export interface Forgetful {
  forget(now: Date): Promise<void>;
}

/** Removes once an hour what nothing depends on any more: expired tokens, old failures. Any number of processes may. */
export function createHousekeeping(options: {
  readonly stores: readonly Forgetful[];
  readonly clock: Clock;
  readonly logger: Logger;
}): Routine {
  const { stores, clock, logger } = options;
  const run = async () => {
    for (const store of stores) await store.forget(clock());
  };
  return createRoutine({ name: 'housekeeping', run, everyMs, logger });
}

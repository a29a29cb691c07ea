import type { EventBus } from '@paygraph/events';
import { createRoutine, type Logger } from '@paygraph/service';
import type { Database } from '../database.ts';

/** Gives steps their positions, in any number of processes: one at a time does it, and that is enough. */
export interface Relay {
  /** A step was taken here: it gets its position soon. */
  nudge(): void;
  start(): void;
  /** Finishes what is under way; what waits is left to others, or to the next start. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly database: Database;
  readonly bus: EventBus;
  /** How often to look without being nudged, in ms. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/** Says that positions were given, with the last of them. */
export const relayedTopic = 'payment.relayed';

/** Steps that are taken within so many ms get their positions together, in one transaction. */
const gatherMs = 50;

/** Steps that get their positions in one transaction. */
const batch = 1_000;

export function createRelay({ database, bus, pollMs, logger }: RelayOptions): Relay {
  let timer: NodeJS.Timeout | undefined;
  let numbering: Promise<void> | undefined;
  let again = false;
  let stopped = true;

  /** The last position known. */
  let known: bigint | undefined;

  const numberAll = async () => {
    for (;;) {
      const [answer] = await database.$queryRaw<{ last: bigint | null }[]>`SELECT number_steps(${batch}::int) AS last`;
      const last = answer?.last;
      // Somebody else is at it, and may have begun before our step was there.
      if (last === null || last === undefined) again = true;
      if (!last) return;
      void bus.publish(relayedTopic, String(last));
      const given = known === undefined ? undefined : last - known;
      known = last;
      // Less than a batch: what has come since then is hinted at.
      if (given !== undefined && given < batch) return;
    }
  };
  const number = () => {
    timer = undefined;
    again = false;
    numbering ??= numberAll()
      .catch((error: unknown) => logger.warn({ err: error }, 'steps could not be given their positions'))
      .finally(() => {
        numbering = undefined;
        if (again) nudge();
      });
  };
  const nudge = () => {
    if (numbering) again = true;
    if (stopped || timer || numbering) return;
    timer = setTimeout(number, gatherMs);
  };
  // For the steps of processes that died before they had seen to it.
  const poll = createRoutine({ name: 'relay', run: async () => nudge(), everyMs: pollMs, logger });

  return {
    nudge,
    start() {
      stopped = false;
      nudge();
      poll.start();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      timer = undefined;
      await poll.stop();
      await numbering;
    },
  };
}

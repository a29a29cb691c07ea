import { type EventBus, listenSoon } from '@paygraph/events';
import type { Logger } from '@paygraph/service';
import type { PrismaClient } from '../generated/prisma/client.ts';

export interface AccountWatcherOptions {
  readonly database: PrismaClient;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Time in ms between two looks of which nothing was heard, as from a process that the bus does not reach. */
  readonly everyMs?: number;
  /** Least time in ms between two looks, and between two messages to others: what is posted meanwhile goes together. */
  readonly atLeastMs?: number;
}

/** Notices that accounts have new entries. */
export interface AccountWatcher {
  /** Something was posted: tells the watchers of all processes to look. */
  posted(): void;
  /** Calls `listener` with the account's version when it has grown, until the returned function is called. */
  watch(accountId: string, listener: (version: number) => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const topic = 'ledger.posted';
/** From the beginning of a look to that of the next, in times of what it took. */
const restPerLook = 5;

/**
 * Looks at the versions of all watched accounts at once: one statement for however many subscriptions, when something was
 * posted somewhere, and now and then all the same. While nobody watches it does nothing.
 */
export function createAccountWatcher(options: AccountWatcherOptions): AccountWatcher {
  const { database, bus, logger, everyMs = 1_000, atLeastMs = 20 } = options;
  const watched = new Map<string, Set<(version: number) => void>>();
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let hinted = false;
  let stopped = false;
  let leave = () => {};
  let announcing: NodeJS.Timeout | undefined;
  let announcedAt = 0;
  /** When the next look may be: the longer they take, the rarer they are. */
  let nextLookAt = 0;
  const msUntil = (time: number) => Math.max(0, time - Date.now());

  const read = async () => {
    const ids = [...watched.keys()];
    const accounts = await database.account.findMany({
      where: { id: { in: ids } },
      select: { id: true, version: true },
    });
    for (const { id, version } of accounts) for (const listener of watched.get(id) ?? []) listener(Number(version));
  };
  const look = async () => {
    hinted = false;
    const begun = Date.now();
    try {
      await read();
    } catch (error) {
      logger.warn({ err: error }, 'watched accounts could not be looked at');
    }
    nextLookAt = begun + Math.max(atLeastMs, restPerLook * (Date.now() - begun));
    looking = undefined;
    plan();
  };
  /** The next look: soon if there may be something new. */
  const plan = () => {
    clearTimeout(timer);
    if (stopped || watched.size === 0 || looking) return;
    timer = setTimeout(
      () => {
        looking = look();
      },
      hinted ? msUntil(nextLookAt) : everyMs,
    );
  };
  const hint = () => {
    if (hinted) return;
    hinted = true;
    plan();
  };

  return {
    posted() {
      announcing ??= setTimeout(
        () => {
          announcing = undefined;
          announcedAt = Date.now();
          void bus.publish(topic, '');
        },
        msUntil(announcedAt + atLeastMs),
      ).unref();
    },
    watch(accountId, listener) {
      const listeners = watched.get(accountId) ?? new Set();
      watched.set(accountId, listeners.add(listener));
      plan();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && watched.get(accountId) === listeners) watched.delete(accountId);
      };
    },
    start: async () => {
      leave = await listenSoon(bus, topic, hint, { onLate: hint, logger });
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(announcing);
      leave();
      await looking;
    },
  };
}

import { type EventBus, listenSoon } from '@paygraph/events';
import type { Logger } from '@paygraph/service';
import type { Audience } from '../payment/selection.ts';
import { relayedTopic } from './relay.ts';
import type { ActivityStore } from './store.ts';

/** Somebody who follows the steps of many payments. */
export interface TailListener {
  readonly audience: Audience;
  /** There is something up to this position that may be theirs. */
  news(position: number): void;
  /** Of the positions after `from` up to `to` none is theirs: they need not look. */
  quiet(from: number, to: number): void;
}

/** The end of the relay, as one process hears of it. */
export interface Tail {
  /**
   * Tells the listener of every position given from the moment on that it resolves, until the returned function is called.
   */
  listen(listener: TailListener): Promise<() => void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface TailOptions {
  readonly store: ActivityStore;
  readonly bus: EventBus;
  /** How often to look when nothing was heard, in ms. */
  readonly rereadMs: number;
  readonly logger: Logger;
}

/** Positions that are looked at together. */
const batch = 2_000;

/**
 * Looks at the end of the relay once for all who follow in this process, so that of a step only those read more whom it
 * concerns. While nobody follows it does nothing.
 */
export function createTail({ store, bus, rereadMs, logger }: TailOptions): Tail {
  const listeners = new Set<TailListener>();
  /** Up to where the listeners have been told; undefined while there are none. */
  let told: number | undefined;
  let looking: Promise<void> | undefined;
  let hinted = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;
  let leave = () => {};

  const tell = (from: number, to: number, concerned: ReadonlySet<string | null>) => {
    for (const listener of listeners) {
      const { audience } = listener;
      if (audience === 'everybody' || concerned.has(audience.customerId)) listener.news(to);
      else listener.quiet(from, to);
    }
  };
  const lookOn = async () => {
    while (hinted && listeners.size > 0 && !stopped) {
      hinted = false;
      if (told === undefined) return;
      const concerns = await store.concerns(told, batch);
      const last = concerns.at(-1);
      if (!last) continue;
      if (concerns.length === batch) hinted = true;
      tell(told, last.position, new Set(concerns.flatMap(({ payerId, payeeId }) => [payerId, payeeId])));
      told = last.position;
    }
  };
  const look = () => {
    hinted = true;
    if (looking || stopped) return;
    looking = lookOn()
      .catch((error: unknown) => logger.warn({ err: error }, 'the relay could not be looked at'))
      .finally(() => {
        looking = undefined;
        if (hinted && listeners.size > 0) setImmediate(look);
      });
  };

  return {
    async listen(listener) {
      listeners.add(listener);
      // Settled before the listener looks at the table itself, so that nothing falls between the two.
      const latest = await store.latest().catch((error: unknown) => {
        listeners.delete(listener);
        throw error;
      });
      told ??= latest;
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) told = undefined;
      };
    },
    async start() {
      stopped = false;
      timer = setInterval(look, rereadMs).unref();
      leave = await listenSoon(bus, relayedTopic, look, { onLate: look, logger });
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      leave();
      await looking;
    },
  };
}

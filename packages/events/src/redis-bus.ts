import { setTimeout as delay } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { BusClosedError, type BusLogger, type EventBus } from './bus.ts';
import { createListeners } from './listeners.ts';

const reconnectDelayMs = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);

/** Longest time in ms that a caller waits for a Redis that does not answer. */
const patience = 1_000;

/** How long in ms Redis keeps a reader waiting for news, and how long it may take to say so. */
const blockMs = 5_000;
const readTimeoutMs = 10_000;

/** Messages that one reading takes, and that Redis keeps about: for a process that was cut off, not for history. */
const batch = 1_000;
const kept = 10_000;

export interface RedisBusOptions {
  readonly logger?: BusLogger;
  /** Stands before the stream's name, so that one Redis can serve several installations. */
  readonly prefix?: string;
}

/**
 * A bus over one Redis stream: messages of all topics are added to it over one connection, and read over another one from
 * where this process stands, so that what was sent while it was cut off is heard when it is back (of the last ten
 * thousand). Both connections reconnect by themselves; a message sent while Redis is away is lost. `subscribe` resolves
 * after a second all the same then: its listener hears from the moment that Redis is back.
 */
export function redisBus(url: string, { logger, prefix = 'paygraph:' }: RedisBusOptions = {}): EventBus {
  const stream = `${prefix}events`;
  const listeners = createListeners(logger);
  const publisher = connect(url, logger, {
    maxRetriesPerRequest: 1,
    commandTimeout: patience,
    enableAutoPipelining: true,
  });
  const reader = connect(url, logger, { maxRetriesPerRequest: null, commandTimeout: readTimeoutMs });
  /** Resolves once it is known from where on messages are read; undefined while nobody listens. */
  let begun: Promise<void> | undefined;
  let closed = false;

  const warnUnlessClosed = (details: object, message: string) => {
    if (!closed) logger?.warn(details, message);
  };
  const wanted = () => !closed && !listeners.isEmpty();

  /** Until it is done, or nobody wants it any more. */
  const insist = async <Answer>(act: () => Promise<Answer>): Promise<Answer | undefined> => {
    while (wanted()) {
      try {
        return await act();
      } catch (error) {
        warnUnlessClosed({ err: error }, 'the bus cannot be read');
        await delay(reconnectDelayMs(1));
      }
    }
    return undefined;
  };
  const endOfStream = async () => {
    const [last] = await reader.xrevrange(stream, '+', '-', 'COUNT', 1);
    return last?.[0] ?? '0-0';
  };
  const readAfter = async (id: string) => {
    const answer = await reader.xread('COUNT', batch, 'BLOCK', blockMs, 'STREAMS', stream, id);
    return answer?.[0]?.[1] ?? [];
  };
  const readOn = async (from: string) => {
    let position = from;
    while (wanted()) {
      for (const [id, fields] of (await insist(() => readAfter(position))) ?? []) {
        position = id;
        const [, topic, , message] = fields;
        if (topic !== undefined && message !== undefined) listeners.deliver(topic, message);
      }
    }
    begun = undefined;
  };
  const begin = async () => {
    const position = await insist(endOfStream);
    if (position === undefined) begun = undefined;
    else void readOn(position);
  };

  return {
    async publish(topic, message) {
      try {
        await publisher.xadd(stream, 'MAXLEN', '~', kept, '*', 'topic', topic, 'message', message);
      } catch (error) {
        warnUnlessClosed({ err: error, topic }, 'a hint was lost');
      }
    },
    async subscribe(topic, listener) {
      if (closed) throw new BusClosedError('The bus is closed');
      const entry = { listener };
      listeners.add(topic, entry);
      begun ??= begin();
      if (!(await settledWithin(begun, patience))) warnUnlessClosed({ topic }, 'Redis does not answer');
      return async () => {
        listeners.remove(topic, entry);
      };
    },
    async ready() {
      await publisher.ping();
    },
    async close() {
      if (closed) return;
      closed = true;
      listeners.clear();
      publisher.disconnect();
      reader.disconnect();
    },
  };
}

function connect(
  url: string,
  logger: BusLogger | undefined,
  options: Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout' | 'enableAutoPipelining'>,
): Redis {
  const redis = new Redis(url, { ...options, retryStrategy: reconnectDelayMs });
  redis.on('error', (error: Error) => logger?.warn({ err: error }, 'the bus is not connected'));
  return redis;
}

async function settledWithin(work: Promise<unknown> | undefined, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([late, Promise.resolve(work).then(yes, yes)]);
  } finally {
    clearTimeout(timer);
  }
}

function yes(): true {
  return true;
}

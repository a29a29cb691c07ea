import type { Logger } from '@paygraph/service';
import { Redis } from 'ioredis';

/** A Redis that the gateway can do without. */
export interface RedisConnection {
  readonly redis: Redis;
  /** What Redis answers; undefined while it is away, and when it fails or does not answer in time. */
  use<Result>(ask: () => Promise<Result>): Promise<Result | undefined>;
}

/** Longest time in ms that an operation waits for a Redis that does not answer. */
const PATIENCE = 250;

/** Connects, and again whenever it is lost. The log tells once that it is away, and that it is back. */
export function connectRedis(
  url: string,
  logger: Logger,
  words: { readonly away: string; readonly back: string },
): RedisConnection {
  const redis = new Redis(url, {
    commandTimeout: PATIENCE,
    connectTimeout: 5_000,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  });
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) logger.warn({ err: error }, words.away);
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info(words.back);
    isAway = false;
  });
  return {
    redis,
    async use(ask) {
      if (redis.status !== 'ready') return undefined;
      try {
        return await ask();
      } catch {
        // It may hang for long, and nobody is to wait for it again: until it is connected anew it is not asked.
        if (redis.status === 'ready') redis.disconnect(true);
        return undefined;
      }
    },
  };
}

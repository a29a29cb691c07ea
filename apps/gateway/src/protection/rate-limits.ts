import type { Logger } from '@paygraph/service';
import { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { codedError, Rejection } from '../errors.ts';
import type { RequestScope } from '../scope.ts';
import { networkOf } from './networks.ts';

/** Cost that may be spent in a window of a minute. */
export interface RateLimits {
  /** By all anonymous callers of one network. */
  readonly anonymous: number;
  /** By one person, over all their sessions. */
  readonly caller: number;
  /** By all who are signed in and come from one network. */
  readonly network: number;
}

export const defaultRateLimits: RateLimits = { anonymous: 10_000, caller: 100_000, network: 500_000 };

/** What is left of a caller's rate limit. */
export interface Usage {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until all of it may be spent again. */
  readonly reset: number;
  /** Seconds after which to try again, when the operation was refused. */
  readonly retryAfter?: number;
}

export interface Charged {
  readonly usage: Usage;
  /** It would have been too much; `RATE_LIMITED`. */
  readonly refusal?: Rejection;
}

export interface RateLimiter {
  /** Takes the cost of an operation, 1 at least, from what its caller may spend. One that is refused costs 1. */
  charge(caller: RequestScope, cost: number): Promise<Charged>;
  /** Rejects while Redis is away; absent without one. */
  readonly ready?: () => Promise<unknown>;
  close(): Promise<void>;
}

export interface RateLimiterOptions {
  readonly limits?: Partial<RateLimits> | undefined;
  /** Where gateways count together; each counts by itself without it, and while it is away. */
  readonly redisUrl?: string | undefined;
  /** Stands before the names of counters, so that one Redis can serve several installations. */
  readonly prefix?: string;
  readonly logger: Logger;
}

/** Seconds. */
const WINDOW = 60;
/** Longest time in ms that an operation waits for a Redis that does not answer. */
const PATIENCE = 250;

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { redisUrl, prefix = 'paygraph:rate', logger } = options;
  const limits: RateLimits = { ...defaultRateLimits, ...options.limits };
  const redis = redisUrl === undefined ? undefined : connect(redisUrl, logger);
  const bucket = (kind: keyof RateLimits) => createBucket({ prefix: `${prefix}:${kind}`, points: limits[kind], redis });
  const [anonymous, caller, network] = [bucket('anonymous'), bucket('caller'), bucket('network')];

  return {
    async charge({ principal, address }, cost) {
      const points = Math.max(1, Math.ceil(cost));
      const from = networkOf(address);
      if (principal.kind === 'anonymous') return anonymous(from, points);
      const own = await caller(principal.kind === 'customer' ? principal.id : principal.service, points);
      if (own.refusal) return own;
      const all = await network(from, points);
      return all.refusal ? all : own;
    },
    ...(redis && { ready: () => redis.ping() }),
    close: async () => redis?.disconnect(),
  };
}

type Bucket = (key: string, points: number) => Promise<Charged>;

/** Counts in Redis as long as it answers, and otherwise here, where the window begins anew. */
function createBucket(options: {
  readonly prefix: string;
  readonly points: number;
  readonly redis: Redis | undefined;
}) {
  const { prefix: keyPrefix, points: limit, redis } = options;
  const settings = { keyPrefix, points: limit, duration: WINDOW };
  const own = new RateLimiterMemory(settings);
  const shared = redis && new RateLimiterRedis({ ...settings, storeClient: redis, rejectIfRedisNotReady: true });

  const charge = async (counters: RateLimiterAbstract, key: string, points: number): Promise<Charged> => {
    try {
      return { usage: usageOf(limit, await counters.consume(key, points)) };
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      if (points > 1) await counters.reward(key, points - 1);
      const retryAfter = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      return { usage: { ...usageOf(limit, error), retryAfter }, refusal: refusalFor(retryAfter) };
    }
  };
  const bucket: Bucket = async (key, points) => {
    if (!shared || redis?.status !== 'ready') return charge(own, key, points);
    try {
      return await charge(shared, key, points);
    } catch {
      // It may hang for long, and nobody is to wait for it again: until it is connected anew it is not asked.
      if (redis.status === 'ready') redis.disconnect(true);
      return charge(own, key, points);
    }
  };
  return bucket;
}

function usageOf(limit: number, { remainingPoints, msBeforeNext }: RateLimiterRes): Usage {
  return { limit, remaining: Math.max(0, remainingPoints), reset: Math.ceil(msBeforeNext / 1000) };
}

function refusalFor(retryAfter: number): Rejection {
  const message = `Too much in too short a time: try again in ${retryAfter} s.`;
  return new Rejection([codedError('RATE_LIMITED', message, { retryAfter })]);
}

function connect(url: string, logger: Logger): Redis {
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
    if (!isAway) logger.warn({ err: error }, 'Redis is away: each gateway counts rate limits by itself');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('Redis is back: gateways count rate limits together');
    isAway = false;
  });
  return redis;
}

import type { Logger } from '@paygraph/service';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { codedError, Rejection } from '../errors.ts';
import { connectRedis, type RedisConnection } from '../redis.ts';
import type { RequestScope } from '../scope.ts';
import { Counters, type Spent } from './counters.ts';
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
  /**
   * Takes the cost of an operation, 1 at least, from what its caller may spend. One that is refused costs 1. Of both, what has
   * been paid before is left out. What is counted here is known at once: to wait for it with every request would cost as much
   * as to count.
   */
  charge(caller: Pick<RequestScope, 'principal' | 'address'>, cost: number, paid?: number): Charged | Promise<Charged>;
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
const words = {
  away: 'Redis is away: each gateway counts rate limits by itself',
  back: 'Redis is back: gateways count rate limits together',
};

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { redisUrl, prefix = 'paygraph:rate', logger } = options;
  const limits: RateLimits = { ...defaultRateLimits, ...options.limits };
  const connection = redisUrl === undefined ? undefined : connectRedis(redisUrl, logger, words);
  const redis = connection?.redis;
  const bucket = (kind: keyof RateLimits) =>
    createBucket({ prefix: `${prefix}:${kind}`, points: limits[kind], connection });
  const [anonymous, caller, network] = [bucket('anonymous'), bucket('caller'), bucket('network')];

  return {
    charge({ principal, address }, cost, paid = 0) {
      const points = Math.max(1, Math.ceil(cost)) - paid;
      const otherwise = paid > 0 ? 0 : 1;
      const from = networkOf(address);
      if (principal.kind === 'anonymous') return anonymous(from, points, otherwise);
      const name = principal.kind === 'customer' ? principal.id : principal.service;
      return then(caller(name, points, otherwise), (own) =>
        own.refusal ? own : then(network(from, points, otherwise), (all) => (all.refusal ? all : own)),
      );
    },
    ...(redis && { ready: () => redis.ping() }),
    close: async () => redis?.disconnect(),
  };
}

/** Goes on with what is at hand or will be. */
function then<Value, Result>(
  value: Value | Promise<Value>,
  goOn: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** Takes points, or fewer when those would be too many. */
type Bucket = (key: string, points: number, otherwise: number) => Charged | Promise<Charged>;

/** Counts in Redis as long as it answers, and otherwise here, where the window begins anew. */
function createBucket(options: {
  readonly prefix: string;
  readonly points: number;
  readonly connection: RedisConnection | undefined;
}): Bucket {
  const { prefix: keyPrefix, points: limit, connection } = options;
  const own = new Counters(limit, WINDOW * 1_000);
  if (!connection) return (key, points, otherwise) => charged(limit, own.spend(key, points, otherwise));
  const settings = { keyPrefix, points: limit, duration: WINDOW };
  const shared = new RateLimiterRedis({ ...settings, storeClient: connection.redis, rejectIfRedisNotReady: true });
  return async (key, points, otherwise) => {
    const spent = await connection.use(() => spendTogether(shared, key, points, otherwise));
    return charged(limit, spent ?? own.spend(key, points, otherwise));
  };
}

async function spendTogether(
  counters: RateLimiterRedis,
  key: string,
  points: number,
  otherwise: number,
): Promise<Spent> {
  try {
    return spentOf(await counters.consume(key, points));
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    if (points > otherwise) await counters.reward(key, points - otherwise);
    return { ...spentOf(error), isRefused: true };
  }
}

function spentOf({ remainingPoints, msBeforeNext }: RateLimiterRes): Spent {
  return { isRefused: false, remaining: Math.max(0, remainingPoints), resetMs: msBeforeNext };
}

function charged(limit: number, { isRefused, remaining, resetMs }: Spent): Charged {
  const reset = Math.ceil(resetMs / 1_000);
  if (!isRefused) return { usage: { limit, remaining, reset } };
  const retryAfter = Math.max(1, reset);
  return { usage: { limit, remaining, reset, retryAfter }, refusal: refusalFor(retryAfter) };
}

function refusalFor(retryAfter: number): Rejection {
  const message = `Too much in too short a time: try again in ${retryAfter} s.`;
  return new Rejection([codedError('RATE_LIMITED', message, { retryAfter })]);
}

import type { Logger } from '@paygraph/service';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { codedError, Rejection } from '../errors.ts';
import { connectRedis, type RedisConnection } from '../redis.ts';
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
  charge(caller: Pick<RequestScope, 'principal' | 'address'>, cost: number): Promise<Charged>;
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
  readonly connection: RedisConnection | undefined;
}) {
  const { prefix: keyPrefix, points: limit, connection } = options;
  const settings = { keyPrefix, points: limit, duration: WINDOW };
  const own = new RateLimiterMemory(settings);
  const shared =
    connection && new RateLimiterRedis({ ...settings, storeClient: connection.redis, rejectIfRedisNotReady: true });

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
    const charged = shared && (await connection.use(() => charge(shared, key, points)));
    return charged ?? charge(own, key, points);
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

import { createLru, type Logger } from '@paygraph/service';
import type { Answer } from '../execution/answer.ts';
import { connectRedis, type RedisConnection } from '../redis.ts';

/** How an answer came about: from this process, from Redis, with another caller's, or by being run. */
export type Cached = 'hit' | 'shared' | 'joined' | 'miss';

/** Answers that are the same for everybody, for as long as each may be kept. */
export interface ResponseCache {
  /**
   * The answer of a key, with the seconds that are left of it in `maxAge`. It is run if it is not at hand, once for all who ask
   * for it meanwhile, and kept for `maxAge` seconds from then if it has no errors.
   */
  answer(key: string, maxAge: number, run: () => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

export interface ResponseCacheOptions {
  /** Bytes of answers that this process keeps at most; 32 MiB if left out. */
  readonly bytes?: number;
  /** Where gateways share answers; each has its own without it, and while it is away. */
  readonly redisUrl?: string | undefined;
  /** Stands before keys, so that one Redis can serve several installations. */
  readonly prefix?: string;
  readonly onAnswer?: ((cached: Cached) => void) | undefined;
  readonly logger: Logger;
}

interface Entry {
  readonly json: string;
  /** In ms since the epoch. */
  readonly expires: number;
}

/** Larger answers, in characters, are not kept: they would drive out many that are asked for more often. */
const LARGEST = 1_048_576;

export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { bytes = 33_554_432, redisUrl, prefix = 'paygraph:answer', onAnswer, logger } = options;
  // A character takes two bytes at most.
  const own = createLru<Entry>({ limit: bytes, sizeOf: (key, { json }) => 2 * (key.length + json.length) });
  const shared = redisUrl === undefined ? undefined : createShared(connectRedis(redisUrl, logger, words), prefix);
  const running = new Map<string, Promise<Answer>>();
  const largest = Math.min(LARGEST, bytes / 8);

  const find = async (key: string, maxAge: number, run: () => Promise<Answer>): Promise<Answer> => {
    const found = await shared?.get(key, maxAge);
    if (found) {
      own.set(key, found);
      onAnswer?.('shared');
      return answerFrom(found);
    }
    onAnswer?.('miss');
    const expires = Date.now() + maxAge * 1_000;
    const answer = await run();
    if ((answer.outcome ?? 'ok') !== 'ok' || answer.json.length > largest) return answer;
    const entry = { json: answer.json, expires };
    own.set(key, entry);
    shared?.set(key, entry);
    return answerFrom(entry);
  };
  return {
    async answer(key, maxAge, run) {
      const held = own.get(key);
      if (held && held.expires > Date.now()) {
        onAnswer?.('hit');
        return answerFrom(held);
      }
      const begun = running.get(key);
      if (begun) {
        onAnswer?.('joined');
        return begun;
      }
      const found = find(key, maxAge, run).finally(() => running.delete(key));
      running.set(key, found);
      return found;
    },
    close: async () => shared?.close(),
  };
}

function answerFrom({ json, expires }: Entry): Answer {
  return { json, maxAge: Math.max(0, Math.floor((expires - Date.now()) / 1_000)) };
}

const words = {
  away: 'Redis is away: each gateway keeps answers by itself',
  back: 'Redis is back: gateways share answers',
};

/** Answers in Redis, each with the time until which it may be kept. While Redis is away there are none. */
function createShared({ redis, use }: RedisConnection, prefix: string) {
  return {
    async get(key: string, maxAge: number): Promise<Entry | undefined> {
      const text = await use(() => redis.get(`${prefix}:${key}`));
      const [, until, json] = /^(\d+) (.*)$/s.exec(text ?? '') ?? [];
      if (until === undefined || json === undefined) return undefined;
      // Clocks may differ: nothing is kept longer than if it had been asked for here.
      const expires = Math.min(Number(until), Date.now() + maxAge * 1_000);
      return expires > Date.now() ? { json, expires } : undefined;
    },
    set(key: string, { json, expires }: Entry): void {
      const left = expires - Date.now();
      if (left > 0) void use(() => redis.set(`${prefix}:${key}`, `${expires} ${json}`, 'PX', left));
    },
    close: async (): Promise<void> => redis.disconnect(),
  };
}

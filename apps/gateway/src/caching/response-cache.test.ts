import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Cached, createResponseCache, type ResponseCacheOptions } from './response-cache.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 0 }));
afterEach(() => void vi.useRealTimers());

function cacheOf(options: Partial<ResponseCacheOptions> = {}) {
  const outcomes: Cached[] = [];
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  const cache = createResponseCache({ logger, onAnswer: (cached) => void outcomes.push(cached), ...options });
  let runs = 0;
  const run = async (json = '{}') => {
    runs += 1;
    return { json };
  };
  return { cache, outcomes, run, runs: () => runs };
}

it('an answer is given until it is too old, with the time that it has left', async () => {
  const { cache, run, outcomes } = cacheOf();
  const ask = () => cache.answer('rate', 60, () => run('{"data":1}'));
  expect(await ask()).toEqual({ json: '{"data":1}', maxAge: 60 });
  vi.setSystemTime(45_500);
  expect(await ask()).toEqual({ json: '{"data":1}', maxAge: 14 });
  vi.setSystemTime(60_000);
  expect(await ask()).toEqual({ json: '{"data":1}', maxAge: 60 });
  expect(outcomes).toEqual(['miss', 'hit', 'miss']);
});

it('its time begins when it begins to be run, and it is not kept if that takes too long', async () => {
  const { cache, run, outcomes } = cacheOf();
  const slow = async () => {
    vi.setSystemTime(Date.now() + 7_000);
    return run();
  };
  expect(await cache.answer('rate', 10, slow)).toMatchObject({ maxAge: 3 });
  expect(await cache.answer('other', 5, slow)).toMatchObject({ maxAge: 0 });
  await cache.answer('other', 5, slow);
  expect(outcomes).toEqual(['miss', 'miss', 'miss']);
});

it('all who ask for the same at a time get one answer, and those who ask for something else another', async () => {
  const { cache, run, runs, outcomes } = cacheOf();
  const asked = ['rate', 'rate', 'other', 'rate'].map((key) => cache.answer(key, 60, () => run(`"${key}"`)));
  expect((await Promise.all(asked)).map(({ json }) => json)).toEqual(['"rate"', '"rate"', '"other"', '"rate"']);
  expect(runs()).toBe(2);
  expect(outcomes.sort()).toEqual(['joined', 'joined', 'miss', 'miss']);
});

it('an answer with errors is given to those who wait for it, and not kept; nor is one that never came', async () => {
  const { cache, run } = cacheOf();
  const failing = async () => ({ json: '{"errors":[]}', outcome: 'errors' as const });
  const answers = [cache.answer('rate', 60, failing), cache.answer('rate', 60, run)];
  for (const answer of await Promise.all(answers))
    expect(answer).toEqual({ json: '{"errors":[]}', outcome: 'errors' as const });
  await expect(cache.answer('other', 60, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(await cache.answer('rate', 60, run)).toMatchObject({ json: '{}' });
  expect(await cache.answer('other', 60, run)).toMatchObject({ json: '{}' });
});

it('what was asked for longest ago goes when the answers grow too large, and what is too large is not kept', async () => {
  const { cache, run, outcomes } = cacheOf({ bytes: 8_000 });
  const ask = (key: string, length: number) => cache.answer(key, 60, () => run('x'.repeat(length)));
  for (const key of ['a', 'b', 'c', 'd', 'a', 'e', 'a', 'b']) await ask(key, 900);
  expect(outcomes).toEqual(['miss', 'miss', 'miss', 'miss', 'hit', 'miss', 'hit', 'miss']);
  expect(await ask('large', 1_100)).not.toHaveProperty('maxAge');
});

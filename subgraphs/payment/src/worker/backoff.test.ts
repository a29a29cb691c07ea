import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoff } from './backoff.ts';

const options = { baseMs: 200, capMs: 30_000 };

it('doubles the longest pause with each attempt, up to the cap', () => {
  const longest = [0, 1, 2, 7, 8, 1_000].map((attempts) => backoff(attempts, options, 1));
  expect(longest).toEqual([200, 400, 800, 25_600, 30_000, 30_000]);
});

it('is anywhere between nothing and the longest pause', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
      const pause = backoff(attempts, options, random);
      expect(pause).toBeGreaterThanOrEqual(0);
      expect(pause).toBeLessThanOrEqual(backoff(attempts, options, 1));
    }),
  );
});

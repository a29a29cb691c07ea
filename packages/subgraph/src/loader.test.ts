import { describe, expect, it } from 'vitest';
import { createLoader } from './loader.ts';

describe('a loader', () => {
  it('asks once for all ids of a tick, in any order, and gives null for what is not there', async () => {
    const asked: (readonly string[])[] = [];
    const loader = createLoader(async (ids) => {
      asked.push(ids);
      return [{ id: 'b' }, { id: 'a' }];
    });
    expect(await Promise.all(['a', 'missing', 'b', 'a'].map((id) => loader.load(id)))).toEqual([
      { id: 'a' },
      null,
      { id: 'b' },
      { id: 'a' },
    ]);
    expect(asked).toEqual([['a', 'missing', 'b']]);
  });

  it('can go by another key than the id', async () => {
    const loader = createLoader(
      async (codes: readonly string[]) => codes.map((code) => ({ code })),
      ({ code }) => code,
    );
    expect(await loader.load('EUR')).toEqual({ code: 'EUR' });
  });

  it('tells everyone who asked when the batch fails', async () => {
    const loader = createLoader<{ id: string }>(async () => {
      throw new Error('down');
    });
    const results = await Promise.allSettled([loader.load('a'), loader.load('b')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

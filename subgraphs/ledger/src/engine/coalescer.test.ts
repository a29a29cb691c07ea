import { describe, expect, it } from 'vitest';
import { createCoalescer, OverloadedError } from './coalescer.ts';

/** Items are sent at the end of the turn of the event loop in which they came. */
const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A coalescer whose batches wait until they are let through. */
function held(maxBatch = 256, maxQueue = 1_000) {
  const batches: string[][] = [];
  const releases: ((error?: Error) => void)[] = [];
  const submit = createCoalescer<string, string>({
    maxBatch,
    maxQueue,
    keysOf: (item) => [item],
    run: (batch) =>
      new Promise((resolve, reject) => {
        batches.push([...batch]);
        releases.push((error) => (error ? reject(error) : resolve(batch.map((item) => item.toUpperCase()))));
      }),
  });
  const release = async (error?: Error) => {
    releases.shift()?.(error);
    await endOfTurn();
  };
  return { batches, submit, release };
}

describe('a coalescer', () => {
  it('sends what came in one turn together when idle, and together what queued meanwhile', async () => {
    const { batches, submit, release } = held();
    const first = submit(['a']);
    await endOfTurn();
    const second = submit(['b', 'c']);
    const third = submit(['d']);
    expect(batches).toEqual([['a']]);
    await release();
    expect(batches).toEqual([['a'], ['b', 'c', 'd']]);
    await release();
    expect(await Promise.all([first, second, third])).toEqual([['A'], ['B', 'C'], ['D']]);
  });

  it('keeps order: a batch ends before an item with a key that is in it, and at its greatest size', async () => {
    const { batches, submit, release } = held(3);
    const results = submit(['a', 'b', 'a', 'c', 'd', 'e', 'f']);
    await endOfTurn();
    for (let batch = 0; batch < 3; batch += 1) await release();
    expect(batches).toEqual([
      ['a', 'b'],
      ['a', 'c', 'd'],
      ['e', 'f'],
    ]);
    expect(await results).toEqual(['A', 'B', 'A', 'C', 'D', 'E', 'F']);
  });

  it('throws what a batch throws at those in it, and goes on', async () => {
    const { submit, release } = held();
    const first = submit(['a']);
    await endOfTurn();
    const second = submit(['b']);
    await Promise.all([expect(first).rejects.toThrow('lost'), release(new Error('lost'))]);
    await release();
    expect(await second).toEqual(['B']);
  });

  it('refuses at once what may not wait any more, all of it, and takes it when there is room', async () => {
    const { batches, submit, release } = held(256, 3);
    const first = submit(['a']);
    await endOfTurn();
    const waiting = submit(['b', 'c']);
    await expect(submit(['d', 'e'])).rejects.toThrow(OverloadedError);
    await release();
    const later = submit(['d', 'e']);
    await release();
    await release();
    expect(await Promise.all([first, waiting, later])).toEqual([['A'], ['B', 'C'], ['D', 'E']]);
    expect(batches).toEqual([['a'], ['b', 'c'], ['d', 'e']]);
  });

  it('cuts a poisoned batch in halves, so that only the item at fault fails', async () => {
    const submit = createCoalescer<string, string>({
      keysOf: (item) => [item],
      isPoisoned: (error) => String(error).includes('poison'),
      run: async (batch) => {
        if (batch.includes('x')) throw new Error('poison');
        return batch;
      },
    });
    const poisoned = expect(submit(['x'])).rejects.toThrow('poison');
    const others = ['a', 'b', 'c', 'd', 'x', 'e'].map((item) => submit([item]));
    await poisoned;
    expect((await Promise.allSettled(others)).map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it('has nothing to send for an empty list', async () => {
    const { batches, submit } = held();
    expect(await submit([])).toEqual([]);
    expect(batches).toEqual([]);
  });
});

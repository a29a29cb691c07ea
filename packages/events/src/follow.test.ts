import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Followed, follow } from './follow.ts';

interface Step {
  readonly sequence: number;
  readonly isLast: boolean;
}

/** A timeline in memory that can be added to, and what follows it. */
function scene({ steps = 0, after = 0, rereadMs = 60_000, readsAll = false } = {}) {
  const timeline: Step[] = [];
  const reads: number[] = [];
  let stops = 0;
  const add = (isLast = false) => {
    const sequence = timeline.length + 1;
    timeline.push({ sequence, isLast });
    return sequence;
  };
  for (let count = 0; count < steps; count += 1) add();
  const follower = follow<Step>({
    after,
    rereadMs,
    readsAll,
    numberOf: ({ sequence }) => sequence,
    isLast: ({ isLast }) => isLast,
    read: async (sequence, limit) => {
      reads.push(sequence);
      return timeline.filter((step) => step.sequence > sequence).slice(0, limit);
    },
    stop: () => {
      stops += 1;
    },
  });
  return { follower, add, reads, isStopped: () => stops > 0 };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

function numberOf({ done, value }: IteratorResult<Followed<Step>, undefined>): number | string {
  if (done) return 'end';
  return value.kind === 'item' ? value.item.sequence : `resume after ${value.after}`;
}

async function take(follower: AsyncIterator<Followed<Step>, undefined>, count: number): Promise<(number | string)[]> {
  const taken: (number | string)[] = [];
  for (let left = count; left > 0; left -= 1) taken.push(numberOf(await follower.next()));
  return taken;
}

/** The hints after each of some steps: whatever numbers. */
const hintsOfRounds = fc.array(fc.array(fc.nat({ max: 60 }), { maxLength: 4 }), { maxLength: 30 });

describe('a follower', () => {
  it('is given the past first, then what comes', async () => {
    const { follower, add } = scene({ steps: 2 });
    expect(await take(follower, 2)).toEqual([1, 2]);
    const next = take(follower, 1);
    await tick();
    follower.hint(add());
    expect(await next).toEqual([3]);
  });

  it('begins where it stood', async () => {
    const { follower } = scene({ steps: 5, after: 3 });
    expect(await take(follower, 2)).toEqual([4, 5]);
  });

  it('comes to its end with the last there can be', async () => {
    const { follower, add, isStopped } = scene({ steps: 1 });
    add(true);
    expect(await take(follower, 4)).toEqual([1, 2, 'end', 'end']);
    expect(isStopped()).toBe(true);
  });

  it('misses nothing when hints are lost: it looks by itself now and then', async () => {
    const { follower, add } = scene({ rereadMs: 5 });
    const next = take(follower, 2);
    await tick();
    add();
    add();
    expect(await next).toEqual([1, 2]);
  });

  it('is given each step once and in order, however many hints come, late, doubled or out of order', async () => {
    await fc.assert(
      fc.asyncProperty(hintsOfRounds, fc.boolean(), async (rounds, readsAll) => {
        const { follower, add } = scene({ rereadMs: 5, readsAll });
        const all = take(follower, rounds.length);
        for (const hints of rounds) {
          add();
          for (const hint of hints) follower.hint(hint);
          await tick();
        }
        expect(await all).toEqual(rounds.map((_, index) => index + 1));
        await follower.return();
      }),
      { numRuns: 30 },
    );
  });

  it('looks once for what a hint tells of, when it knows that it has then found all', async () => {
    const { follower, add, reads } = scene({ steps: 2, readsAll: true });
    expect(await take(follower, 2)).toEqual([1, 2]);
    const third = follower.next();
    await tick();
    follower.hint(add());
    expect(numberOf(await third)).toBe(3);
    const fourth = follower.next();
    await tick();
    expect(reads).toEqual([0, 2]);
    follower.hint(add());
    expect(numberOf(await fourth)).toBe(4);
  });

  it('looks again for what came while it was looking', async () => {
    const { follower, add } = scene({ steps: 1, readsAll: true });
    const first = follower.next();
    follower.hint(add());
    expect(numberOf(await first)).toBe(1);
    follower.hint(add());
    expect(await take(follower, 2)).toEqual([2, 3]);
  });

  it('does not read over and over for a hint of something that is not there', async () => {
    const { follower, reads } = scene();
    const next = follower.next();
    await tick();
    follower.hint(99);
    await tick();
    await tick();
    expect(reads).toEqual([0, 0]);
    await follower.return();
    expect(numberOf(await next)).toBe('end');
  });

  it('stops listening at once when it is told to, also while it waits', async () => {
    const { follower, isStopped } = scene();
    const next = follower.next();
    await tick();
    const returned = follower.return();
    expect(isStopped()).toBe(true);
    expect([numberOf(await next), numberOf(await returned)]).toEqual(['end', 'end']);
  });

  it('stops listening when the timeline cannot be read', async () => {
    let stopped = false;
    const follower = follow<Step>({
      after: 0,
      rereadMs: 5,
      numberOf: () => 1,
      read: () => Promise.reject(new Error('no database')),
      stop: () => {
        stopped = true;
      },
    });
    await expect(follower.next()).rejects.toThrow('no database');
    expect(stopped).toBe(true);
  });
});

describe('a slow consumer', () => {
  it('may take its time over the past, however long that is', async () => {
    const { follower } = scene({ steps: 200 });
    expect(await take(follower, 200)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('may let 64 live steps wait', async () => {
    const { follower, add } = scene({ steps: 1 });
    const first = take(follower, 2);
    await tick();
    follower.hint(add());
    await first;
    for (let count = 0; count < 64; count += 1) follower.hint(add());
    expect(await take(follower, 64)).toEqual(Array.from({ length: 64 }, (_, index) => index + 3));
  });

  it('is told to come again after the last it got when there are more, and that is the end', async () => {
    const { follower, add, isStopped } = scene({ steps: 1 });
    const first = take(follower, 2);
    await tick();
    follower.hint(add());
    expect(await first).toEqual([1, 2]);
    for (let count = 0; count < 65; count += 1) follower.hint(add());
    expect(await take(follower, 2)).toEqual(['resume after 2', 'end']);
    expect(isStopped()).toBe(true);
  });
});

describe('a slow consumer of some of the numbers', () => {
  /** Every tenth number is the consumer's. */
  const sparse = () => {
    let last = 0;
    const follower = follow({
      after: 0,
      sparse: true,
      rereadMs: 60_000,
      numberOf: (number: number) => number,
      read: async (after, limit) => {
        const numbers = Array.from({ length: last }, (_, index) => index + 1);
        return numbers.filter((number) => number > after && number % 10 === 0).slice(0, limit);
      },
      stop: () => {},
    });
    const grow = async (count: number) => {
      for (let added = 0; added < count; added += 1) follower.hint(++last);
      await tick();
    };
    const next = async () => {
      const { done, value } = await follower.next();
      if (done) return 'end';
      return value.kind === 'item' ? value.item : `resume after ${value.after}`;
    };
    return { grow, next, follower };
  };

  it('may let any number go by that is not its own, and 64 wait that are', async () => {
    const { grow, next } = sparse();
    const first = next();
    await tick();
    await grow(10);
    expect(await first).toBe(10);
    for (let round = 0; round < 64; round += 1) await grow(10);
    for (let number = 20; number <= 650; number += 10) expect(await next()).toBe(number);
  });

  it('is told to come again when one more waits', async () => {
    const { grow, next } = sparse();
    const first = next();
    await tick();
    await grow(10);
    expect(await first).toBe(10);
    await grow(650);
    expect([await next(), await next()]).toEqual(['resume after 10', 'end']);
  });

  it('is given each number once when it asks while others are read ahead', async () => {
    const { grow, next, follower } = sparse();
    const first = next();
    await tick();
    await grow(10);
    expect(await first).toBe(10);
    const growing = grow(200);
    const taken: (number | string)[] = [];
    for (let count = 0; count < 20; count += 1) taken.push(await next());
    await growing;
    expect(taken).toEqual(Array.from({ length: 20 }, (_, index) => 20 + index * 10));
    await follower.return();
  });
});

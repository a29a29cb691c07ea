import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it, vi } from 'vitest';
import { coalesce } from './coalesce.ts';

/** Records calls, which are answered when told: each item times ten. */
function recorder() {
  const calls: { items: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const ask = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      calls.push({ items, answer: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  return { calls, ask };
}

const nextTick = () => new Promise((resolve) => setImmediate(resolve));

it('asks in one call what is asked in one tick', async () => {
  const { calls, ask } = recorder();
  const lookUp = coalesce(ask, 100);
  const answers = Promise.all([lookUp(1), lookUp(2)]);
  await nextTick();
  calls[0]?.answer();
  expect(await answers).toEqual([10, 20]);
  expect(calls).toHaveLength(1);
});

it('puts together what comes while a call is under way, and gives each its own answer', async () => {
  const { calls, ask } = recorder();
  const lookUp = coalesce(ask, 100);
  const first = lookUp(1);
  await nextTick();
  const others = [lookUp(2)];
  await nextTick();
  others.push(lookUp(3));
  calls[0]?.answer();
  expect(await first).toBe(10);
  await nextTick();
  calls[1]?.answer();
  expect(await Promise.all(others)).toEqual([20, 30]);
  expect(calls.map(({ items }) => items)).toEqual([[1], [2, 3]]);
});

it('asks for no more at once than it may', async () => {
  const lookUp = coalesce(async (items: readonly number[]) => items.map(() => items.length), 3);
  expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map(lookUp))).toEqual([3, 3, 3, 3, 3, 3, 1]);
});

it('fails those whose call failed or was answered in part, and goes on', async () => {
  const answers = [Promise.reject(new Error('down')), Promise.resolve([1]), Promise.resolve([1, 2])];
  const lookUp = coalesce(() => answers.shift() ?? Promise.resolve([]), 2);
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(lookUp));
  expect(outcomes.map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});

it('with one item a call lets no item wait for another', async () => {
  const { calls, ask } = recorder();
  const answers = Promise.all([1, 2].map(coalesce(ask, 1)));
  expect(calls.map(({ items }) => items)).toEqual([[1], [2]]);
  for (const { answer } of calls) answer();
  expect(await answers).toEqual([10, 20]);
});

it('takes along what is asked while a call gathers', async () => {
  const { calls, ask } = recorder();
  let begin = () => {};
  const gathered = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const lookUp = coalesce(ask, 100, () => gathered);
  const answers = [lookUp(1)];
  await nextTick();
  answers.push(lookUp(2));
  expect(calls).toHaveLength(0);
  begin();
  await nextTick();
  calls[0]?.answer();
  expect(await Promise.all(answers)).toEqual([10, 20]);
});

it('gathers nothing more for a call that is full', async () => {
  let gathered = 0;
  const lookUp = coalesce(
    async (items: readonly number[]) => items,
    2,
    async () => {
      gathered += 1;
    },
  );
  await Promise.all([1, 2, 3, 4, 5].map(lookUp));
  expect(gathered).toBe(2);
});

it('lets a call that takes long hold up the next one no longer than a second', async () => {
  vi.useFakeTimers();
  const { calls, ask } = recorder();
  const lookUp = coalesce(ask, 100);
  const slow = lookUp(1);
  await vi.advanceTimersByTimeAsync(999);
  const next = lookUp(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls.map(({ items }) => items)).toEqual([[1], [2]]);
  for (const { answer } of calls.toReversed()) answer();
  expect([await slow, await next]).toEqual([10, 20]);
  vi.useRealTimers();
});

it('asks on behalf of who asked first of those in a call', async () => {
  const who = new AsyncLocalStorage<string>();
  const lookUp = coalesce(async (items: readonly number[]) => {
    await nextTick();
    return items.map(() => who.getStore());
  }, 100);
  const first = who.run('first', () => lookUp(1));
  await Promise.resolve();
  const later = [who.run('second', () => lookUp(2)), who.run('third', () => lookUp(3))];
  expect([await first, ...(await Promise.all(later))]).toEqual(['first', 'second', 'second']);
});

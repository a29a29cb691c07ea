import { expect, it } from 'vitest';
import { BufferedStream } from './stream.ts';

/** A stream of numbers as text, whose source is at the test's command. */
class Numbers extends BufferedStream<number, string> {
  opens = 0;
  closes = 0;
  ends = 0;
  protected readonly capacity: number;
  private readonly make: (event: number) => Promise<string>;

  constructor(capacity = 3, make = async (event: number) => String(event)) {
    super();
    this.capacity = capacity;
    this.make = make;
  }

  cut(last: string): void {
    this.cutOff(() => last);
  }

  protected open(): void {
    this.opens++;
  }

  protected close(): void {
    this.closes++;
  }

  protected resultOf(event: number): Promise<string> {
    return this.make(event);
  }

  protected overflow(): string {
    return 'too slow';
  }

  protected settled(): void {
    this.ends++;
  }
}
const done = { done: true, value: undefined };
const value = (result: string) => ({ done: false, value: result });

it('opens its source when the first result is asked for, and once', async () => {
  const stream = new Numbers();
  expect(stream.opens).toBe(0);
  const first = stream.next();
  const second = stream.next();
  await Promise.resolve();
  stream.push(1);
  stream.push(2);
  expect(await Promise.all([first, second])).toEqual([value('1'), value('2')]);
  expect(stream.opens).toBe(1);
});

it('gives results in the order of their events, however long each takes', async () => {
  const release: (() => void)[] = [];
  const stream = new Numbers(3, (event) => new Promise((resolve) => release.push(() => resolve(String(event)))));
  const results = [stream.next(), stream.next()];
  await Promise.resolve();
  stream.push(1);
  stream.push(2);
  await expect.poll(() => release.length).toBe(1);
  release[0]?.();
  await expect.poll(() => release.length).toBe(2);
  release[1]?.();
  expect(await Promise.all(results)).toEqual([value('1'), value('2')]);
});

it('closes its source at once when it is returned from, although a result is awaited', async () => {
  const stream = new Numbers();
  const pending = stream.next();
  await Promise.resolve();
  expect(await stream.return()).toEqual(done);
  expect(stream.closes).toBeGreaterThan(0);
  expect(await pending).toEqual(done);
  stream.push(1);
  expect(await stream.next()).toEqual(done);
});

it('never opens its source when it is returned from first', async () => {
  const stream = new Numbers();
  await stream.return();
  expect(await stream.next()).toEqual(done);
  expect(stream.opens).toBe(0);
});

it('drops the result that was being made when it is returned from', async () => {
  let release = (): void => undefined;
  const stream = new Numbers(
    3,
    (event) =>
      new Promise((resolve) => {
        release = () => resolve(String(event));
      }),
  );
  const pending = stream.next();
  await Promise.resolve();
  stream.push(1);
  await Promise.resolve();
  await stream.return();
  release();
  expect(await pending).toEqual(done);
});

it('ends with the source, after what was buffered and the last word', async () => {
  const stream = new Numbers();
  const first = stream.next();
  await Promise.resolve();
  for (const event of [1, 2]) stream.push(event);
  stream.finish(() => 'interrupted');
  expect([await first, await stream.next(), await stream.next(), await stream.next()]).toEqual([
    value('1'),
    value('2'),
    value('interrupted'),
    done,
  ]);
});

it('closes its source when one event too many waits, and says so after what was buffered', async () => {
  const stream = new Numbers(2);
  const first = stream.next();
  await Promise.resolve();
  stream.push(1);
  expect(await first).toEqual(value('1'));
  for (const event of [2, 3, 4, 5]) stream.push(event);
  expect(stream.closes).toBeGreaterThan(0);
  expect([await stream.next(), await stream.next(), await stream.next(), await stream.next()]).toEqual([
    value('2'),
    value('3'),
    value('too slow'),
    done,
  ]);
});

it('closes a source that ends while it is being opened', async () => {
  class Short extends Numbers {
    protected override open(): void {
      this.finish();
    }
  }
  const stream = new Short();
  expect(await stream.next()).toEqual(done);
  expect(stream.closes).toBeGreaterThan(0);
});

it('can be cut off, with a last word in place of what waits', async () => {
  const stream = new Numbers();
  const first = stream.next();
  for (const event of [1, 2, 3]) stream.push(event);
  expect(await first).toEqual(value('1'));
  stream.cut('enough');
  stream.push(4);
  expect([await stream.next(), await stream.next()]).toEqual([value('enough'), done]);
  expect(stream.closes).toBeGreaterThan(0);
});

it('tells once that it is over, however it ends', async () => {
  for (const end of ['finish', 'return', 'never opened'] as const) {
    const stream = new Numbers();
    const first = end === 'never opened' ? undefined : stream.next();
    if (end === 'finish') stream.finish();
    else await stream.return();
    await first;
    await stream.return();
    await stream.next();
    expect(stream.ends).toBe(1);
  }
});

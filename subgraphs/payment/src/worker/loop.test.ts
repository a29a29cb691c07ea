import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silent } from '../../test/platform.ts';
import { createLoop } from './loop.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Rounds that end when they are told to; each says whether there was work. */
function recorder() {
  const rounds: ((worked: boolean) => Promise<void>)[] = [];
  const round = () =>
    new Promise<boolean>((resolve) => {
      rounds.push(async (worked) => {
        resolve(worked);
        await vi.advanceTimersByTimeAsync(0);
      });
    });
  return { rounds, round };
}

function loopOf(round: () => Promise<boolean>, concurrency = 1) {
  return createLoop({ name: 'test', round, pollMs: 1_000, concurrency, logger: silent });
}

describe('a loop', () => {
  it('goes round until there is no more work', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    loop.start();
    await rounds[0]?.(true);
    await rounds[1]?.(false);
    expect(rounds).toHaveLength(2);
    await loop.stop();
  });

  it('begins at once when it is nudged, and otherwise now and then', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    loop.start();
    await rounds[0]?.(false);
    loop.nudge();
    expect(rounds).toHaveLength(2);
    await rounds[1]?.(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rounds).toHaveLength(3);
    await rounds[2]?.(false);
    loop.nudgeIn(10);
    await vi.advanceTimersByTimeAsync(10);
    expect(rounds).toHaveLength(4);
    await rounds[3]?.(false);
    await loop.stop();
  });

  it('makes one more round for however many nudges came during one', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    loop.start();
    loop.nudge();
    loop.nudge();
    await rounds[0]?.(false);
    expect(rounds).toHaveLength(2);
    await rounds[1]?.(false);
    expect(rounds).toHaveLength(2);
    await loop.stop();
  });

  it('runs as many rounds at a time as it may', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round, 2);
    loop.start();
    for (let nudges = 0; nudges < 5; nudges += 1) loop.nudge();
    expect(rounds).toHaveLength(2);
    for (const end of rounds) await end(false);
    for (const end of rounds) await end(false);
    await loop.stop();
  });

  it('goes on after a round that failed', async () => {
    let rounds = 0;
    const loop = loopOf(async () => {
      rounds += 1;
      throw new Error('no database');
    });
    loop.start();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(rounds).toBe(3);
    await loop.stop();
  });

  it('lets nudges gather when it is told to', async () => {
    const { rounds, round } = recorder();
    const loop = createLoop({ name: 'test', round, pollMs: 1_000, gatherMs: 20, logger: silent });
    loop.start();
    await rounds[0]?.(false);
    loop.nudge();
    await vi.advanceTimersByTimeAsync(10);
    loop.nudge();
    expect(rounds).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(rounds).toHaveLength(2);
    await rounds[1]?.(false);
    await vi.advanceTimersByTimeAsync(20);
    expect(rounds).toHaveLength(2);
    loop.nudge();
    const stopping = loop.stop();
    expect(rounds).toHaveLength(3);
    await rounds[2]?.(true);
    await stopping;
    expect(rounds).toHaveLength(3);
  });

  it('stops when what is under way has ended, and begins nothing more', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    loop.start();
    loop.nudgeIn(10);
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stopped).toBe(false);
    await rounds[0]?.(true);
    await stopping;
    loop.nudge();
    expect(rounds).toHaveLength(1);
  });
});

describe('a quiet loop', () => {
  /** Whether somebody who waits for quiet has been told. */
  function waiterFor(loop: ReturnType<typeof loopOf>) {
    let told = false;
    void loop.quiet(50).then(() => {
      told = true;
    });
    return async () => {
      await vi.advanceTimersByTimeAsync(0);
      return told;
    };
  }

  it('is one in which no round runs: it is quiet at once, or when the round ends', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    expect(await waiterFor(loop)()).toBe(true);
    loop.start();
    const isQuiet = waiterFor(loop);
    expect(await isQuiet()).toBe(false);
    await rounds[0]?.(false);
    expect(await isQuiet()).toBe(true);
    await loop.stop();
  });

  it('is waited for no longer than said', async () => {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    loop.start();
    const isQuiet = waiterFor(loop);
    await vi.advanceTimersByTimeAsync(49);
    expect(await isQuiet()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isQuiet()).toBe(true);
    await rounds[0]?.(false);
    await loop.stop();
  });
});

describe('a place in a loop', () => {
  /** A loop with nothing to do. */
  async function idle() {
    const { rounds, round } = recorder();
    const loop = loopOf(round);
    loop.start();
    await rounds[0]?.(false);
    return { rounds, loop };
  }

  it('is one for work in hand, and there is none while as much is under way as may be', async () => {
    const { loop, rounds } = await idle();
    const place = loop.takePlace();
    expect(loop.takePlace()).toBeUndefined();
    const own = recorder();
    place?.fill(own.round);
    expect([own.rounds.length, rounds.length]).toEqual([1, 1]);
    expect(loop.takePlace()).toBeUndefined();
    await own.rounds[0]?.(true);
    // As after a round that found work, it is looked for more.
    expect(rounds).toHaveLength(2);
    expect(loop.takePlace()).toBeUndefined();
    await rounds[1]?.(false);
    expect(loop.takePlace()).toBeDefined();
    await loop.stop();
  });

  it('lets nudges go on that came meanwhile, also when it was left', async () => {
    const { loop, rounds } = await idle();
    const place = loop.takePlace();
    loop.nudge();
    expect(rounds).toHaveLength(1);
    place?.leave();
    expect(rounds).toHaveLength(2);
    await rounds[1]?.(false);
    await loop.stop();
  });

  it('is none in a loop that stands still, which waits for what is done in one', async () => {
    const { loop } = await idle();
    const own = recorder();
    loop.takePlace()?.fill(own.round);
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stopped).toBe(false);
    await own.rounds[0]?.(false);
    await stopping;
    expect(loop.takePlace()).toBeUndefined();
  });

  it('that is filled when the loop has been stopped does nothing', async () => {
    const { loop } = await idle();
    const own = recorder();
    const place = loop.takePlace();
    await loop.stop();
    place?.fill(own.round);
    expect(own.rounds).toHaveLength(0);
  });
});

import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { createRoutine } from './routine.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('a routine', () => {
  it('is done again and again, also after it failed, and never twice at a time', async () => {
    let times = 0;
    let running = 0;
    let most = 0;
    const run = async () => {
      times += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (times === 1) throw new Error('once');
    };
    const routine = createRoutine({ name: 'test', run, everyMs: 1, logger });
    routine.start();
    routine.start();
    await expect.poll(() => times).toBeGreaterThan(3);
    await routine.stop();
    expect(most).toBe(1);
  });

  it('waits for what is under way when it is stopped, and begins nothing more', async () => {
    let finish = () => {};
    let begun = 0;
    const run = () => {
      begun += 1;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const routine = createRoutine({ name: 'test', run, everyMs: 1, logger });
    routine.start();
    await expect.poll(() => begun).toBe(1);
    let stopped = false;
    const stopping = routine.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    finish();
    await stopping;
    expect(begun).toBe(1);
  });
});

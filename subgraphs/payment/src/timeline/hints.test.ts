import { type EventBus, memoryBus } from '@paygraph/events';
import { describe, expect, it } from 'vitest';
import { silent } from '../../test/platform.ts';
import { createHints } from './hints.ts';

const delivered = () => new Promise((resolve) => setImmediate(resolve));

describe('work that waits', () => {
  it('is heard of by other processes and not by the one that made it', async () => {
    const bus = memoryBus();
    const [here, there] = [createHints(bus, 'here', silent), createHints(bus, 'there', silent)];
    const heard: string[] = [];
    await here.onWork((kind) => heard.push(`here ${kind}`));
    await there.onWork((kind) => heard.push(`there ${kind}`));
    here.workWaiting('refunds');
    await delivered();
    expect(heard).toEqual(['there refunds']);
  });
});

describe('a bus that does not answer', () => {
  /** Lets somebody listen only once it is back. */
  function lostBus() {
    let back = () => {};
    const isBack = new Promise<void>((resolve) => {
      back = resolve;
    });
    const listening = new Set<string>();
    const bus: EventBus = {
      publish: async () => {},
      async subscribe(topic) {
        await isBack;
        listening.add(topic);
        return async () => {
          listening.delete(topic);
        };
      },
      close: async () => {},
    };
    return { bus, listening, back: () => back() };
  }

  it('is waited for only a while, and says when it is back that something may have been missed', async () => {
    const { bus, back } = lostBus();
    const heard: number[] = [];
    await createHints(bus, 'here', silent, 5).onMoved('pay_1', (sequence) => heard.push(sequence));
    expect(heard).toEqual([]);
    back();
    await delivered();
    expect(heard).toEqual([0]);
  });

  it('is left when it comes back to nobody', async () => {
    const { bus, back, listening } = lostBus();
    const stop = await createHints(bus, 'here', silent, 5).onMoved('pay_1', () => {});
    stop();
    back();
    await delivered();
    expect(listening.size).toBe(0);
  });

  it('may refuse without harm', async () => {
    const bus = memoryBus();
    await bus.close();
    const stop = await createHints(bus, 'here', silent, 5).onWork(() => {});
    expect(stop).not.toThrow();
  });
});

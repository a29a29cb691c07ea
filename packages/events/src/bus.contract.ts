import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { BusClosedError, type EventBus } from './bus.ts';

/** What every bus must do. `connect` gives a bus of one process; two of them may stand for two processes. */
export function busContract(connect: () => EventBus): void {
  const buses: EventBus[] = [];
  const bus = () => {
    const made = connect();
    buses.push(made);
    return made;
  };
  const topicOf = (name: string) => `${name}:${randomUUID()}`;

  afterEach(async () => {
    await Promise.all(buses.splice(0).map((made) => made.close()));
  });

  describe('a bus', () => {
    it('carries messages to every listener of their topic, in order, and to no other', async () => {
      const shared = bus();
      const [topic, other] = [topicOf('payment'), topicOf('payment')];
      const heard: string[] = [];
      await shared.subscribe(topic, (message) => heard.push(`a${message}`));
      await shared.subscribe(topic, (message) => heard.push(`b${message}`));
      await shared.subscribe(other, (message) => heard.push(`other${message}`));
      for (const message of ['1', '2', '3']) await shared.publish(topic, message);
      await expect.poll(() => heard.length).toBe(6);
      expect(heard.filter((message) => message.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
      expect(heard.filter((message) => message.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    });

    it('delivers nothing before publish has returned to its caller', async () => {
      const shared = bus();
      const topic = topicOf('payment');
      const heard: string[] = [];
      await shared.subscribe(topic, (message) => heard.push(message));
      const published = shared.publish(topic, 'one');
      expect(heard).toEqual([]);
      await published;
      await expect.poll(() => heard).toEqual(['one']);
    });

    it('stops delivering to a listener that left, and goes on for those that stayed', async () => {
      const shared = bus();
      const topic = topicOf('payment');
      const heard: string[] = [];
      const leave = await shared.subscribe(topic, () => heard.push('left'));
      await shared.subscribe(topic, (message) => heard.push(message));
      await leave();
      await leave();
      await shared.publish(topic, 'stayed');
      await expect.poll(() => heard).toEqual(['stayed']);
    });

    it('can be joined again after the last listener of a topic left, even at the same moment', async () => {
      const shared = bus();
      const topic = topicOf('payment');
      const heard: string[] = [];
      const leave = await shared.subscribe(topic, () => heard.push('old'));
      const [, rejoined] = await Promise.all([leave(), shared.subscribe(topic, (message) => heard.push(message))]);
      await shared.publish(topic, 'new');
      await expect.poll(() => heard).toEqual(['new']);
      await rejoined();
    });

    it('keeps a listener that throws from harming the others', async () => {
      const shared = bus();
      const topic = topicOf('payment');
      const heard: string[] = [];
      await shared.subscribe(topic, () => {
        throw new Error('listener');
      });
      await shared.subscribe(topic, (message) => heard.push(message));
      await shared.publish(topic, 'one');
      await expect.poll(() => heard).toEqual(['one']);
    });

    it('lets a listener leave, and another come, while a message is delivered', async () => {
      const shared = bus();
      const topic = topicOf('payment');
      const heard: string[] = [];
      const leave = await shared.subscribe(topic, async (message) => {
        heard.push(message);
        await leave();
        await shared.subscribe(topic, (again) => heard.push(`again ${again}`));
        await shared.publish(topic, 'two');
      });
      await shared.publish(topic, 'one');
      await expect.poll(() => heard).toEqual(['one', 'again two']);
    });

    it('refuses listeners once it is closed, and loses messages quietly', async () => {
      const shared = bus();
      const topic = topicOf('payment');
      const heard: string[] = [];
      const leave = await shared.subscribe(topic, (message) => heard.push(message));
      await shared.close();
      await shared.close();
      await shared.publish(topic, 'lost');
      await leave();
      await expect(shared.subscribe(topic, () => {})).rejects.toBeInstanceOf(BusClosedError);
      expect(heard).toEqual([]);
    });
  });
}

import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { busContract } from './bus.contract.ts';
import { redisBus } from './redis-bus.ts';

const url = process.env.REDIS_URL;

describe.runIf(process.env.CI)('on the build machine', () => {
  it('there is a Redis to test with', () => {
    expect(url, 'REDIS_URL').toBeTruthy();
  });
});

describe.skipIf(!url)('over Redis (REDIS_URL)', () => {
  const redis = url ?? '';
  const closing: (() => Promise<void> | void)[] = [];
  const bus = (address: string, logged: object[] = []) => {
    const made = redisBus(address, { logger: { warn: (details) => logged.push(details) } });
    closing.push(() => made.close());
    return made;
  };

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  busContract(() => redisBus(redis));

  it('carries messages from one process to another', async () => {
    const [here, there] = [bus(redis), bus(redis)];
    const topic = randomUUID();
    const heard: string[] = [];
    await there.subscribe(topic, (message) => heard.push(message));
    await here.publish(topic, 'one');
    await expect.poll(() => heard).toEqual(['one']);
  });

  it('hears what was sent while the connection was lost, in order and once', async () => {
    const { address, cut, restore } = await proxyTo(redis);
    const [far, near] = [bus(address), bus(redis)];
    const topic = randomUUID();
    const heard: string[] = [];
    await far.subscribe(topic, (message) => heard.push(message));
    await near.publish(topic, 'before');
    await expect.poll(() => heard).toEqual(['before']);
    cut();
    for (const message of ['1', '2', '3']) await near.publish(topic, message);
    restore();
    await expect.poll(() => heard, { timeout: 15_000 }).toEqual(['before', '1', '2', '3']);
  });

  it('hears again from a Redis that was away when it began to listen', async () => {
    const { address, cut, restore } = await proxyTo(redis);
    cut();
    const logged: object[] = [];
    const [far, near] = [bus(address, logged), bus(redis)];
    const topic = randomUUID();
    const heard: string[] = [];
    await far.subscribe(topic, (message) => heard.push(message));
    expect(logged.length).toBeGreaterThan(0);
    restore();
    await expect
      .poll(
        async () => {
          await near.publish(topic, 'back');
          return heard.includes('back');
        },
        { timeout: 15_000 },
      )
      .toBe(true);
  });

  it('publishes again after the connection was lost', async () => {
    const { address, cut, restore } = await proxyTo(redis);
    const [far, near] = [bus(address), bus(redis)];
    const topic = randomUUID();
    const heard: string[] = [];
    await near.subscribe(topic, (message) => heard.push(message));
    cut();
    await far.publish(topic, 'lost or late');
    restore();
    await expect
      .poll(
        async () => {
          await far.publish(topic, 'back');
          return heard.includes('back');
        },
        { timeout: 15_000 },
      )
      .toBe(true);
  });

  it('keeps no more than about ten thousand messages', async () => {
    const prefix = `paygraph-test-${randomUUID()}:`;
    const crowded = redisBus(redis, { prefix });
    const admin = new Redis(redis);
    closing.push(async () => {
      await admin.del(`${prefix}events`);
      admin.disconnect();
    });
    closing.push(() => crowded.close());
    for (let round = 0; round < 12; round += 1)
      await Promise.all(Array.from({ length: 1_000 }, (_, index) => crowded.publish('topic', String(index))));
    expect(await admin.xlen(`${prefix}events`)).toBeLessThan(11_000);
  });

  it('neither throws nor hangs while there is no Redis', async () => {
    const logged: object[] = [];
    const away = bus('redis://127.0.0.1:1', logged);
    await away.publish('topic', 'lost');
    const leave = await away.subscribe('topic', () => {});
    await leave();
    expect(logged.length).toBeGreaterThan(0);
  });

  it('says whether there is a Redis', async () => {
    await bus(redis).ready?.();
    await expect(bus('redis://127.0.0.1:1', []).ready?.()).rejects.toThrow();
  });

  /** A way to Redis that can be cut, and is then no way until it is restored. */
  async function proxyTo(target: string) {
    const { hostname, port } = new URL(target);
    const sockets = new Set<Socket>();
    let open = true;
    const server = createServer((socket) => {
      if (!open) {
        socket.destroy();
        return;
      }
      const upstream = connect(Number(port || 6379), hostname);
      for (const end of [socket, upstream]) {
        sockets.add(end);
        end.on('error', () => {});
      }
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cut = () => {
      open = false;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    };
    const restore = () => {
      open = true;
    };
    closing.push(() => {
      cut();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { address: `redis://127.0.0.1:${address.port}`, cut, restore };
  }
});

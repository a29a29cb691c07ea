import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from './testing/until.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

/** Larger together than what the sockets between gateway and client hold. */
const note = 'x'.repeat(256 * 1024);
const EVENTS = 150;

it('a client that does not read gets what was buffered, then RESUME with the last sequence sent, and its upstream is closed at once', async () => {
  const socket = new WebSocket(world.webSocketUrl, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  const received: { type: string; payload?: { data: unknown; errors?: unknown[] } }[] = [];
  socket.on('message', (data) => received.push(JSON.parse(String(data))));
  await once(socket, 'open');
  send({ type: 'connection_init', payload: { authorization: world.tokenOf('cus_1') } });
  await until(() => expect(received).toMatchObject([{ type: 'connection_ack' }]));
  const query = 'subscription { paymentStateChanged(paymentId: "pay_1") { sequence note } }';
  send({ type: 'subscribe', id: '1', payload: { query } });
  await until(() => expect(world.steps.listeners).toBe(1));

  socket.pause();
  for (let sequence = 1; sequence <= EVENTS; sequence++) world.steps.publish({ sequence, state: 'PENDING', note });
  await until(() => expect(world.payment.sockets.size).toBe(0));
  socket.resume();

  await until(() => expect(received.at(-1)).toEqual({ type: 'complete', id: '1' }));
  const results = received.filter(({ type }) => type === 'next').map(({ payload }) => payload);
  const last = results.pop();
  expect(results.length).toBeGreaterThan(64);
  expect(results.length).toBeLessThan(EVENTS);
  expect(results.map((result) => result?.data)).toMatchObject(
    results.map((_, index) => ({ paymentStateChanged: { sequence: index + 1 } })),
  );
  expect(last).toEqual({
    data: null,
    errors: [
      {
        message: 'Too slow to follow: subscribe again to go on.',
        extensions: { code: 'RESUME', afterSequence: results.length },
      },
    ],
  });
  socket.close();
});

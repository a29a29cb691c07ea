import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../testing/until.ts';
import { startWorld, type World } from '../testing/world.ts';

/* The protocol graphql-transport-ws, message by message, as a client that takes it at its word sees the gateway. */

let world: World;
let token: string;
beforeAll(async () => {
  world = await startWorld({
    ...{ heartbeatMs: 3_000, sockets: { total: 20, perPrincipal: 3 }, newSocketsPerNetwork: 4 },
    trustedProxies: ['127.0.0.1'],
  });
  token = world.tokenOf('cus_1');
});
afterAll(() => world.stop());
const opened: WebSocket[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) {
    socket.close();
    if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
  }
});

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

async function open({ protocol = 'graphql-transport-ws', autoPong = true, from = '198.51.100.1' } = {}) {
  const socket = new WebSocket(world.webSocketUrl, protocol, { autoPong, headers: { 'x-forwarded-for': from } });
  opened.push(socket);
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  const send = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const of = (id: string) => messages.filter((message) => message.id === id).map(({ id: _id, ...rest }) => rest);
  return { socket, messages, closed, send, of };
}

async function connected(authorization = token) {
  const client = await open();
  client.send({ type: 'connection_init', payload: { authorization } });
  await until(() => expect(client.messages).toEqual([{ type: 'connection_ack' }]));
  return client;
}

const subscribe = (id: string, query: string, variables: object = {}) => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
});

describe('a connection', () => {
  it('is acknowledged once it is initialised', async () => {
    await connected();
  });

  it.each([
    ['no JSON', 'hello', 4400],
    ['no object', '[]', 4400],
    ['no type', '{}', 4400],
    ['an unknown type', '{"type":"start","id":"1"}', 4400],
    ['no id', '{"type":"subscribe","payload":{"query":"{ riskRules }"}}', 4400],
    ['an empty id', '{"type":"subscribe","id":"","payload":{"query":"{ riskRules }"}}', 4400],
    ['no operation', '{"type":"subscribe","id":"1"}', 4400],
    ['an operation that is no text', '{"type":"subscribe","id":"1","payload":{"query":7}}', 4400],
    [
      'variables that are no object',
      '{"type":"subscribe","id":"1","payload":{"query":"{ riskRules }","variables":1}}',
      4400,
    ],
    ['a payload of a ping that is no object', '{"type":"ping","payload":1}', 4400],
  ])('is closed when a message has %s', async (_, message, code) => {
    const { send, closed } = await connected();
    send(message);
    expect(await closed).toBe(code);
  });

  it('is closed with 4401 when an operation comes before its initialisation', async () => {
    const { send, closed } = await open();
    send(subscribe('1', '{ riskRules }'));
    expect(await closed).toBe(4401);
  });

  it('is closed with 4403 without a token, and with a bad one', async () => {
    for (const payload of [undefined, {}, { authorization: 'Bearer nonsense' }]) {
      const { send, closed } = await open();
      send({ type: 'connection_init', ...(payload && { payload }) });
      expect(await closed).toBe(4403);
    }
  });

  it('is closed with 4408 when it is never initialised', async () => {
    const { closed } = await open();
    expect(await closed).toBe(4408);
  });

  it('is closed with 4429 when it is initialised twice', async () => {
    const { send, closed } = await connected();
    send({ type: 'connection_init', payload: { authorization: token } });
    expect(await closed).toBe(4429);
  });

  it('is closed with 4429 when its caller has as many as allowed', async () => {
    const own = world.tokenOf('cus_2');
    for (let socket = 0; socket < 3; socket++) await connected(own);
    const { send, closed } = await open();
    send({ type: 'connection_init', payload: { authorization: own } });
    expect(await closed).toBe(4429);
  });

  it('is refused with 429 when as many of its network as allowed have not said whose they are', async () => {
    const [first] = await Promise.all([1, 2, 3, 4].map(() => open()));
    await expect(open()).rejects.toThrow('429');
    await open({ from: '203.0.113.7' });
    first?.send({ type: 'connection_init', payload: { authorization: token } });
    await until(() => expect(first?.messages).toEqual([{ type: 'connection_ack' }]));
    await open();
    await expect(open()).rejects.toThrow('429');
  });

  it('is not opened for another protocol', async () => {
    await expect(open({ protocol: 'graphql-ws' })).rejects.toThrow('no subprotocol');
  });

  it('is cut off when it answers no ping of the line, and stays when it does', async () => {
    const alive = await connected();
    const dead = await open({ autoPong: false });
    dead.send({ type: 'connection_init', payload: { authorization: token } });
    expect(await dead.closed).toBe(1006);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('answers a ping with a pong of the same payload, before its initialisation too', async () => {
    const { send, messages } = await open();
    send({ type: 'ping' });
    send({ type: 'ping', payload: { n: 1 } });
    send({ type: 'pong' });
    await until(() => expect(messages).toEqual([{ type: 'pong' }, { type: 'pong', payload: { n: 1 } }]));
  });
});

describe('an operation', () => {
  const watch = 'subscription ($id: ID!) { paymentStateChanged(paymentId: $id) { sequence } }';

  it('that is a query gets one answer and is complete', async () => {
    const { send, of } = await connected();
    send(subscribe('a', '{ wallet(id: "wal_1") { label } }'));
    await until(() =>
      expect(of('a')).toEqual([
        { type: 'next', payload: { data: { wallet: { label: 'Everyday' } } } },
        { type: 'complete' },
      ]),
    );
  });

  it('that is a mutation gets one answer and is complete', async () => {
    const { send, of } = await connected();
    send(subscribe('m', 'mutation { createPayment(amount: "1.00") { amount { amount } } }'));
    await until(() =>
      expect(of('m')).toEqual([
        { type: 'next', payload: { data: { createPayment: { amount: { amount: '1.00' } } } } },
        { type: 'complete' },
      ]),
    );
  });

  it('that cannot run gets an error and nothing more, and its id may be used again', async () => {
    const { send, of } = await connected();
    send(subscribe('e', '{ nothing }'));
    await until(() => expect(of('e')).toMatchObject([{ type: 'error', payload: [{ message: expect.any(String) }] }]));
    send(subscribe('e', '{ riskRules }'));
    await until(() => expect(of('e')).toHaveLength(3));
    expect(of('e').slice(1)).toEqual([{ type: 'next', payload: { data: { riskRules: [] } } }, { type: 'complete' }]);
  });

  it('that is a subscription gets its events until it is completed from either side', async () => {
    const { send, of } = await connected();
    send(subscribe('1', watch, { id: 'pay_1' }));
    send(subscribe('2', 'subscription { ticks }'));
    await until(() => expect(world.steps.listeners).toBe(1));
    await until(() => expect(world.ticks.listeners).toBe(1));
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    world.ticks.publish(7);
    await until(() =>
      expect(of('1')).toEqual([{ type: 'next', payload: { data: { paymentStateChanged: { sequence: 1 } } } }]),
    );
    await until(() => expect(of('2')).toEqual([{ type: 'next', payload: { data: { ticks: 7 } } }]));
    send({ id: '1', type: 'complete' });
    await until(() => expect(world.steps.listeners).toBe(0));
    world.ticks.complete();
    await until(() => expect(of('2').at(-1)).toEqual({ type: 'complete' }));
    expect(of('1')).toHaveLength(1);
  });

  it('closes the connection with 4409 when its id is taken', async () => {
    const { send, closed } = await connected();
    send(subscribe('1', 'subscription { ticks }'));
    send(subscribe('1', 'subscription { ticks }'));
    expect(await closed).toBe(4409);
    await until(() => expect(world.ticks.listeners).toBe(0));
  });

  it('that nobody knows may be completed', async () => {
    const { send, of } = await connected();
    send({ id: 'unknown', type: 'complete' });
    send(subscribe('a', '{ riskRules }'));
    await until(() => expect(of('a')).toHaveLength(2));
  });

  it('beyond a hundred on one connection is refused, and the others go on', async () => {
    const { send, of, socket } = await connected();
    for (let id = 0; id < 101; id++) send(subscribe(`s${id}`, watch, { id: `pay_${id}` }));
    await until(() =>
      expect(of('s100')).toMatchObject([{ type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] }]),
    );
    expect(socket.readyState).toBe(WebSocket.OPEN);
    await until(() => expect(world.steps.listeners).toBe(100));
    socket.close();
    await until(() => expect(world.steps.listeners).toBe(0));
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './testing/until.ts';
import { connect, type Operation, type Watch, watch } from './testing/watch.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
let token: string;
beforeEach(async () => {
  world = await startWorld({
    subgraphCalls: () => ({ timeoutMs: 2_000 }),
    reopen: { attempts: 3, firstDelayMs: 10, longestDelayMs: 20 },
  });
  token = world.tokenOf('cus_1');
});
afterEach(() => world.stop());

const steps =
  'subscription ($id: ID!, $after: Int! = 0) { paymentStateChanged(paymentId: $id, afterSequence: $after) { state } }';
const subscribe = (operation: Operation = { query: steps, variables: { id: 'pay_1' } }): Watch =>
  watch(connect(world.webSocketUrl, token), operation);
const listening = (count: number) => until(() => expect(world.steps.listeners).toBe(count));
const ended = (subscriber: Watch) => until(() => expect(subscriber.end()).not.toBe('open'));
const lastOf = ({ results }: Watch) => results.at(-1);

describe('a subscription whose subgraph is lost', () => {
  it('is opened again after the last event, and nothing is missed or comes twice', async () => {
    const subscriber = subscribe();
    await listening(1);
    for (const sequence of [1, 2]) world.steps.publish({ sequence, state: 'PENDING' });
    await until(() => expect(subscriber.results).toHaveLength(2));
    for (const { socket } of world.payment.sockets) socket.close(1001);
    world.steps.publish({ sequence: 3, state: 'PENDING' });
    await until(() => expect(world.begun).toEqual([0, 2]));
    world.steps.publish({ sequence: 4, state: 'CONFIRMED' });
    await until(() => expect(subscriber.results).toHaveLength(4));
    expect(subscriber.results).toEqual(
      ['PENDING', 'PENDING', 'PENDING', 'CONFIRMED'].map((state) => ({ data: { paymentStateChanged: { state } } })),
    );
    expect(subscriber.end()).toBe('open');
  });

  it('is opened again where the client began, when there was no event yet', async () => {
    const subscriber = subscribe({ query: steps, variables: { id: 'pay_1', after: 7 } });
    await listening(1);
    for (const { socket } of world.payment.sockets) socket.close(1012);
    await until(() => expect(world.begun).toEqual([7, 7]));
    world.steps.publish({ sequence: 8, state: 'PENDING' });
    await until(() => expect(subscriber.results).toHaveLength(1));
  });

  it('is opened again when the subgraph found the gateway too slow, and the client hears nothing of it', async () => {
    const subscriber = subscribe();
    await listening(1);
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    await until(() => expect(subscriber.results).toHaveLength(1));
    for (const { socket } of world.payment.sockets) {
      const payload = {
        data: null,
        errors: [{ message: 'Too slow', extensions: { code: 'RESUME', afterSequence: 1 } }],
      };
      socket.send(JSON.stringify({ id: '1', type: 'next', payload }));
      socket.send(JSON.stringify({ id: '1', type: 'complete' }));
    }
    await until(() => expect(world.begun).toEqual([0, 1]));
    world.steps.publish({ sequence: 2, state: 'PENDING' });
    await until(() => expect(subscriber.results).toHaveLength(2));
    expect(subscriber.results[1]).toEqual({ data: { paymentStateChanged: { state: 'PENDING' } } });
  });

  it('for good ends with an error that says where to go on, though the client did not ask for the cursor', async () => {
    const subscriber = subscribe();
    await listening(1);
    for (const sequence of [4, 5]) world.steps.publish({ sequence, state: 'PENDING' });
    await until(() => expect(subscriber.results).toHaveLength(2));
    await world.payment.crash();
    await ended(subscriber);
    expect(subscriber.end()).toBe('completed');
    expect(subscriber.results).toEqual([
      { data: { paymentStateChanged: { state: 'PENDING' } } },
      { data: { paymentStateChanged: { state: 'PENDING' } } },
      {
        data: null,
        errors: [
          {
            message: 'Interrupted: subscribe again to go on.',
            extensions: { code: 'SUBSCRIPTION_INTERRUPTED', afterSequence: 5 },
          },
        ],
      },
    ]);
  });

  it.each([1000, 1001, 1012, 4500])('is opened again however politely it closes: %i', async (code) => {
    const subscriber = subscribe();
    await listening(1);
    for (const { socket } of world.payment.sockets) socket.close(code);
    await until(() => expect(world.begun).toEqual([0, 0]));
    expect(subscriber.end()).toBe('open');
  });

  it.each(['nonsense', '{"type":"next","id":"1","payload":[]}', '{"type":"error","id":"1","payload":[{"message":7}]}'])(
    'is opened again on another socket when it sends %s',
    async (message) => {
      const subscriber = subscribe();
      await listening(1);
      for (const { socket } of world.payment.sockets) socket.send(message);
      await until(() => expect(world.begun).toEqual([0, 0]));
      await until(() => expect(world.payment.sockets.size).toBe(1));
      expect(subscriber.end()).toBe('open');
    },
  );

  it('is not opened again once the client has left', async () => {
    const subscriber = subscribe();
    await listening(1);
    await world.payment.crash();
    subscriber.leave();
    await world.payment.restart();
    const other = subscribe({ query: steps, variables: { id: 'pay_2', after: 3 } });
    await until(() => expect(world.begun).toContain(3));
    expect(world.begun).toEqual([0, 3]);
    other.leave();
  });

  it('has no cursor to offer when the field is not resumable', async () => {
    const subscriber = subscribe({ query: 'subscription { ticks }' });
    await until(() => expect(world.ticks.listeners).toBe(1));
    world.ticks.publish(1);
    await until(() => expect(subscriber.results).toHaveLength(1));
    await world.payment.crash();
    await ended(subscriber);
    expect(lastOf(subscriber)?.errors?.[0]?.extensions).toEqual({ code: 'SUBSCRIPTION_INTERRUPTED' });
  });
});

describe('a subscription that cannot begin', () => {
  it('while its subgraph is down ends with an error that names neither host nor stack', async () => {
    await world.payment.crash();
    const subscriber = subscribe();
    await ended(subscriber);
    expect(subscriber.results).toEqual([
      {
        data: null,
        errors: [{ message: 'The payment service is unavailable.', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
      },
    ]);
  });

  it('because its subgraph refuses it tells why', async () => {
    const subscriber = subscribe({ query: steps, variables: { id: 'pay_1', after: -1 } });
    await ended(subscriber);
    expect(subscriber.results).toMatchObject([
      {
        data: null,
        errors: [
          {
            message: 'afterSequence must not be negative',
            extensions: { code: 'BAD_USER_INPUT', field: ['afterSequence'] },
          },
        ],
      },
    ]);
  });

  it('because its subgraph does not take the token says so', async () => {
    world.payment.refuseSockets(4403);
    const subscriber = subscribe();
    await ended(subscriber);
    expect(subscriber.results).toMatchObject([{ data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
  });

  it.each([
    ['is malformed', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['is not in the schema', 'subscription { nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['lacks a variable', steps, {}, 'BAD_USER_INPUT'],
    ['has a variable of the wrong type', steps, { id: 'pay_1', after: 'one' }, 'BAD_USER_INPUT'],
  ])('because it %s is refused as over HTTP, and the connection stays', async (_, query, variables, code) => {
    const client = connect(world.webSocketUrl, token);
    const refused = watch(client, { query, variables });
    await ended(refused);
    expect(refused.end()).toMatchObject({ failed: [{ message: expect.any(String), extensions: { code } }] });
    const fine = watch(client, { query: '{ riskRules }' });
    await ended(fine);
    expect(fine.results).toEqual([{ data: { riskRules: [] } }]);
  });
});

describe('queries and mutations over a WebSocket', () => {
  it('go the same way as over HTTP', async () => {
    const client = connect(world.webSocketUrl, token);
    const query = watch(client, { query: '{ wallet(id: "wal_1") { label balance { amount } } }' });
    const mutation = watch(client, {
      query: 'mutation { createPayment(amount: "7.00") { amount { amount } riskAssessment { decision } } }',
    });
    await Promise.all([ended(query), ended(mutation)]);
    expect(query.results).toEqual([{ data: { wallet: { label: 'Everyday', balance: { amount: '100.00' } } } }]);
    expect(mutation.results).toEqual([
      { data: { createPayment: { amount: { amount: '7.00' }, riskAssessment: { decision: 'APPROVE' } } } },
    ]);
    expect(world.ledger.requests.at(-1)?.authorization).toBe(token);
  });

  it('do not reach service commands', async () => {
    const command = watch(connect(world.webSocketUrl, token), {
      query: 'mutation { reserveLimits(walletId: "wal_1") }',
    });
    await ended(command);
    expect(command.end()).toMatchObject({ failed: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
    expect(world.wallet.requests).toHaveLength(0);
  });
});

describe('a connection', () => {
  /** Of an access token, in ms. */
  const lifetime = 15 * 60_000;

  it.each([
    ['without a token', () => undefined],
    ['with a malformed token', () => 'Bearer nonsense'],
    ['with an expired token', () => world.tokenOf('cus_1', new Date(Date.now() - 3_600_000))],
  ])('%s is closed with 4403', async (_, authorization) => {
    const subscriber = watch(connect(world.webSocketUrl, authorization()), { query: 'subscription { ticks }' });
    await ended(subscriber);
    expect(subscriber.end()).toMatchObject({ failed: { code: 4403 } });
    expect(world.payment.sockets.size).toBe(0);
  });

  it('is closed with 4403 when its token expires, and its upstreams with it', async () => {
    const brief = world.tokenOf('cus_1', new Date(Date.now() - lifetime + 3_000));
    const subscriber = watch(connect(world.webSocketUrl, brief), { query: 'subscription { ticks }' });
    await until(() => expect(world.ticks.listeners).toBe(1));
    await ended(subscriber);
    expect(subscriber.end()).toMatchObject({ failed: { code: 4403 } });
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('is closed with 4403, without a word to its subscriptions, when a subgraph finds the token over first', async () => {
    // Tokens end at whole seconds.
    const expiresAt = Math.ceil(Date.now() / 1_000) * 1_000 + 3_000;
    const brief = world.tokenOf('cus_1', new Date(expiresAt - lifetime));
    const subscriber = watch(connect(world.webSocketUrl, brief), { query: 'subscription { ticks }' });
    await until(() => expect(world.ticks.listeners).toBe(1));
    await until(() => expect(Date.now()).toBeGreaterThan(expiresAt - 700));
    for (const { socket } of world.payment.sockets) socket.close(4403);
    await ended(subscriber);
    expect(subscriber.results).toEqual([]);
    expect(subscriber.end()).toMatchObject({ failed: { code: 4403 } });
  });

  it('is told to connect again when the gateway stops, and its upstreams are closed', async () => {
    const subscriber = subscribe();
    await listening(1);
    await world.gateway.stop();
    await ended(subscriber);
    expect(subscriber.end()).toMatchObject({ failed: { code: 1001 } });
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });
});

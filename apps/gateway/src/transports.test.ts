import { request } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streamingTransports, transports } from './testing/transports.ts';
import { until } from './testing/until.ts';
import type { Operation, Watch } from './testing/watch.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
let token: string;
const start = async (options: Parameters<typeof startWorld>[0] = {}) => {
  world = await startWorld({ reopen: { attempts: 3, firstDelayMs: 10, longestDelayMs: 20 }, ...options });
  token = world.tokenOf('cus_1');
};
beforeEach(() => start());
afterEach(() => world.stop());

const query = `subscription ($id: ID!, $after: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) {
    sequence
    payment { payer { wallet { label balance { amount } } } }
  }
}`;
const steps = { query, variables: { id: 'pay_1' } };
const crossed = (sequence: number) => ({
  data: {
    paymentStateChanged: {
      sequence,
      payment: { payer: { wallet: { label: 'Everyday', balance: { amount: '100.00' } } } },
    },
  },
});
const publish = (...sequences: number[]) => {
  for (const sequence of sequences) world.steps.publish({ sequence, state: 'PENDING' });
};
const listening = (count: number) => until(() => expect(world.steps.listeners).toBe(count));
const received = ({ results }: Watch, count: number) => until(() => expect(results).toHaveLength(count));
const ended = (watch: Watch) => until(() => expect(watch.end()).not.toBe('open'));
/** With what an operation was refused: an error message on a WebSocket, an only result on a stream. */
function refusalOf(watch: Watch): readonly GraphQLFormattedError[] {
  const end = watch.end();
  if (typeof end === 'object') return end.failed as GraphQLFormattedError[];
  return watch.results.at(-1)?.errors ?? [];
}

describe.each(transports)('over $name', ({ subscribe }) => {
  const open = (operation: Operation = steps, authorization = token) => subscribe(world.url, operation, authorization);

  it('events arrive in order, with the fields of all subgraphs, and the end is told', async () => {
    const watch = open();
    await listening(1);
    publish(1, 2);
    await received(watch, 2);
    world.steps.complete();
    await ended(watch);
    expect(watch.results).toEqual([crossed(1), crossed(2)]);
    expect(watch.end()).toBe('completed');
  });

  it('history comes after the cursor that was asked for', async () => {
    publish(1, 2, 3);
    const watch = open({ query, variables: { id: 'pay_1', after: 1 } });
    await received(watch, 2);
    expect(watch.results).toEqual([crossed(2), crossed(3)]);
  });

  it('a lost upstream is opened again after the last event', async () => {
    const watch = open();
    await listening(1);
    publish(1);
    await received(watch, 1);
    for (const { socket } of world.payment.sockets) socket.close(1001);
    publish(2);
    await received(watch, 2);
    expect(watch.results).toEqual([crossed(1), crossed(2)]);
    expect(world.begun).toEqual([0, 1]);
  });

  it('leaving closes the upstream at once', async () => {
    const watch = open();
    await listening(1);
    publish(1);
    await received(watch, 1);
    watch.leave();
    await listening(0);
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it.each([
    ['is malformed', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['is not in the schema', 'subscription { nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['lacks a variable', query, {}, 'BAD_USER_INPUT'],
  ])('a subscription that %s is refused with the reason', async (_, source, variables, code) => {
    if (source === 'subscription {' && subscribe === transports[2]?.subscribe) return; // Its client parses by itself.
    const watch = open({ query: source, variables });
    await ended(watch);
    expect(refusalOf(watch)).toMatchObject([{ message: expect.any(String), extensions: { code } }]);
  });

  it('what the subgraph refuses is told as it says it', async () => {
    const watch = open({ query, variables: { id: 'pay_1', after: -1 } });
    await ended(watch);
    expect(watch.end()).toBe('completed');
    expect(watch.results).toMatchObject([
      { data: null, errors: [{ extensions: { code: 'BAD_USER_INPUT', field: ['afterSequence'] } }] },
    ]);
  });

  it('a subgraph that is lost for good ends it with where to go on', async () => {
    const watch = open();
    await listening(1);
    publish(1);
    await received(watch, 1);
    await world.payment.crash();
    await ended(watch);
    expect(watch.results.at(-1)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'SUBSCRIPTION_INTERRUPTED', afterSequence: 1 } }],
    });
  });

  it('a faulty subgraph nulls its fields in that event alone', async () => {
    const watch = open();
    await listening(1);
    await world.ledger.crash();
    publish(1);
    await received(watch, 1);
    await world.ledger.restart();
    publish(2);
    await received(watch, 2);
    expect(watch.results).toMatchObject([
      {
        data: { paymentStateChanged: { payment: { payer: { wallet: { label: 'Everyday', balance: null } } } } },
        errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
      },
      crossed(2),
    ]);
  });

  it('more subscriptions of one caller than allowed are refused, until one is left', async () => {
    await world.stop();
    await start({ subscriptions: { total: 10, perPrincipal: 2 } });
    const first = open();
    open({ query, variables: { id: 'pay_2' } });
    await listening(2);
    const third = open({ query, variables: { id: 'pay_3' } });
    await ended(third);
    expect(refusalOf(third)).toMatchObject([
      { message: 'At most 2 subscriptions of one caller may be open at once.', extensions: { code: 'RATE_LIMITED' } },
    ]);
    const stranger = open(steps, world.tokenOf('cus_2'));
    await listening(3);
    first.leave();
    await listening(2);
    const fourth = open({ query, variables: { id: 'pay_4' } });
    await listening(3);
    for (const watch of [stranger, fourth]) expect(watch.end()).toBe('open');
  });

  it('more subscriptions than the gateway may hold are put off', async () => {
    await world.stop();
    await start({ subscriptions: { total: 1, perPrincipal: 1 } });
    open();
    await listening(1);
    const second = open(steps, world.tokenOf('cus_2'));
    await ended(second);
    expect(refusalOf(second)).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
  });

  it('a subscription outlives a reload of the supergraph, in the schema it began in', async () => {
    const watch = open();
    await listening(1);
    publish(1);
    await received(watch, 1);
    await world.gateway.reload(world.supergraphWithout('ledger'));
    publish(2);
    await received(watch, 2);
    expect(watch.results).toEqual([crossed(1), crossed(2)]);
    const late = open();
    await ended(late);
    expect(refusalOf(late)).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    for (const { socket } of world.payment.sockets) socket.close(1001);
    publish(3);
    await received(watch, 3);
    expect(watch.results[2]).toEqual(crossed(3));
  });
});

describe.each(streamingTransports)('over $name', ({ subscribe }) => {
  const open = (operation: Operation = steps, authorization = token) => subscribe(world.url, operation, authorization);

  it('a token that expires ends the stream with where to go on under another', async () => {
    const lifetime = 15 * 60_000;
    const brief = world.tokenOf('cus_1', new Date(Date.now() - lifetime + 3_000));
    const watch = open(steps, brief);
    await listening(1);
    publish(1);
    await received(watch, 1);
    await ended(watch);
    expect(watch.end()).toBe('completed');
    expect(watch.results.at(-1)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED', afterSequence: 1 } }],
    });
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('a gateway that goes down ends the stream with where to go on', async () => {
    const watch = open();
    await listening(1);
    publish(1);
    await received(watch, 1);
    await world.gateway.stop();
    await ended(watch);
    expect(watch.end()).toBe('completed');
    expect(watch.results.at(-1)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'RESUME', afterSequence: 1 } }],
    });
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('nobody subscribes without a token, or with a bad one', async () => {
    const anonymous = subscribe(world.url, steps);
    await ended(anonymous);
    expect(refusalOf(anonymous)).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const bad = open(steps, 'Bearer nonsense');
    await ended(bad);
    expect(bad.end()).toMatchObject({ failed: expect.any(Error) });
    expect(world.payment.sockets.size).toBe(0);
  });
});

const streamed = [
  ['text/event-stream', 'event: next\ndata: ', ':\n\n'],
  ['multipart/mixed;subscriptionSpec=1.0, application/json', '{"payload":', '{}\r\n--graphql'],
] as const;

describe.each(streamed)('a response of %s', (accept, answer, heartbeat) => {
  /** A client that sees every byte, and reads only when it wants to. */
  const open = (source: string, { method = 'POST', authorization = token } = {}) => {
    let body = '';
    let status: number | undefined;
    let ended = false;
    const path = method === 'GET' ? `?query=${encodeURIComponent(source)}` : '';
    const sent = request(`${world.url}${path}`, {
      method,
      headers: { accept, authorization, 'content-type': 'application/json' },
    });
    const response = new Promise<import('node:http').IncomingMessage>((resolve) => sent.once('response', resolve));
    response.then((incoming) => {
      status = incoming.statusCode;
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.once('end', () => {
        ended = true;
      });
    });
    sent.end(method === 'POST' ? JSON.stringify({ query: source }) : undefined);
    return { response, body: () => body, status: () => status, ended: () => ended, leave: () => sent.destroy() };
  };
  const watching = 'subscription { paymentStateChanged(paymentId: "pay_1") { sequence note } }';

  it('shows signs of life while nothing happens', async () => {
    await world.stop();
    await start({ heartbeatMs: 20 });
    const { body, leave } = open(watching);
    await until(() => expect(body().split(heartbeat).length).toBeGreaterThan(3));
    leave();
    await listening(0);
  });

  it('goes to a GET, too', async () => {
    const { body, leave } = open(watching, { method: 'GET' });
    await listening(1);
    publish(1);
    await until(() => expect(body()).toContain('"sequence":1'));
    leave();
    await listening(0);
  });

  it('that nobody reads gets what was buffered, then RESUME, and holds up nobody else', async () => {
    const slow = open(watching);
    const incoming = await slow.response;
    await listening(1);
    incoming.pause();
    const other = transports[0]?.subscribe(world.url, { query: watching }, world.tokenOf('cus_2'));
    await listening(2);
    const note = 'x'.repeat(256 * 1024);
    for (let sequence = 1; sequence <= 150; sequence++) {
      world.steps.publish({ sequence, state: 'PENDING', note });
      await until(() => expect(other?.results).toHaveLength(sequence));
    }
    await listening(1);
    incoming.resume();
    await until(() => expect(slow.ended()).toBe(true));
    const last = slow.body().split(answer).at(-1) ?? '';
    const sent = slow.body().split(answer).length - 2;
    expect(sent).toBeGreaterThan(64);
    expect(sent).toBeLessThan(150);
    expect(last).toContain(`"extensions":{"afterSequence":${sent},"code":"RESUME"}`);
  });

  it('is refused when it is not a GraphQL request', async () => {
    const { status, body, ended } = open('', { method: 'GET', authorization: token });
    await until(() => expect(ended()).toBe(true));
    expect(status()).toBe(200);
    expect(body()).toContain('BAD_REQUEST');
    const none = await fetch(world.url, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', authorization: token },
      body: '{"variables":7}',
    });
    expect(none.status).toBe(400);
    expect(await none.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('is refused with 401 to a bad token', async () => {
    const { status, ended } = open(watching, { authorization: 'Bearer nonsense' });
    await until(() => expect(ended()).toBe(true));
    expect(status()).toBe(401);
  });
});

describe('other operations', () => {
  const ask = (accept: string, source: string, method = 'POST') =>
    fetch(method === 'GET' ? `${world.url}?query=${encodeURIComponent(source)}` : world.url, {
      method,
      headers: { accept, authorization: token, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: JSON.stringify({ query: source }) }),
    });

  it('are an event of their own over Server-Sent Events', async () => {
    const response = await ask('text/event-stream', '{ wallet(id: "wal_1") { label } }');
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe(
      ':\n\nevent: next\ndata: {"data":{"wallet":{"label":"Everyday"}}}\n\nevent: complete\ndata:\n\n',
    );
  });

  it('that change something are not taken by GET', async () => {
    const source = 'mutation { renameWallet(id: "wal_1", label: "Mine") { label } }';
    expect((await ask('text/event-stream', source, 'GET')).status).toBe(405);
    expect(world.wallet.requests).toHaveLength(0);
  });

  it('are answered in JSON to a client of multipart subscriptions', async () => {
    const accept = 'multipart/mixed;subscriptionSpec=1.0, application/json';
    const response = await ask(accept, '{ wallet(id: "wal_1") { label } }');
    expect(await response.json()).toEqual({ data: { wallet: { label: 'Everyday' } } });
  });
});

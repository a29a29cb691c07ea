import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';
import { listen } from './testing/listen.ts';

const schema = buildSchema('type Query { ok: Boolean } type Subscription { step: Int! }');
const request = { query: 'subscription { step }' };
const ada = { authorization: 'Bearer ada' };
const kofi = { authorization: 'Bearer kofi' };

describe('subscriptions', () => {
  let subscriptions: Subscriptions;
  let connections: unknown[];
  let sockets: WebSocketServer;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    connections = [];
    const http = createServer();
    sockets = new WebSocketServer({ server: http });
    const server = useServer(
      {
        schema,
        roots: { subscription: { step: steps } },
        onConnect({ connectionParams }) {
          connections.push(connectionParams);
          return connectionParams?.authorization !== undefined;
        },
      },
      sockets,
    );
    subscriptions = createSubscriptions(`ws://127.0.0.1:${await listen(http)}`, WebSocket);
    stop = async () => {
      await subscriptions.dispose();
      await server.dispose();
      http.close();
    };
  });

  afterEach(() => stop());

  /** One step, and then nothing until the client leaves. */
  async function* steps() {
    yield { step: 1 };
    await new Promise(() => {});
  }

  it('with the same headers share a connection, which they authenticate', async () => {
    const [first, second] = [subscriptions.iterate(request, ada), subscriptions.iterate(request, { ...ada })];
    expect([(await first.next()).value, (await second.next()).value]).toEqual([
      { data: { step: 1 } },
      { data: { step: 1 } },
    ]);
    expect(connections).toEqual([ada]);
  });

  it('with other headers get a connection of their own, and the old one is closed', async () => {
    await subscriptions.iterate(request, ada).next();
    await subscriptions.iterate(request, kofi).next();
    expect(connections).toEqual([ada, kofi]);
    await expect.poll(() => sockets.clients.size).toBe(1);
  });

  it('knock once with a refused token', async () => {
    await expect(subscriptions.iterate(request, {}).next()).rejects.toMatchObject({ code: 4403 });
    expect(connections).toHaveLength(1);
  });

  it('close the connection when they are stopped', async () => {
    const events = subscriptions.iterate(request, ada);
    await events.next();
    await events.return?.();
    await expect.poll(() => sockets.clients.size).toBe(0);
  });
});

import { once } from 'node:events';
import { createLogger } from '@paygraph/service';
import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RequestScope } from './context.ts';
import { accessToken, serve, serviceToken, work } from './create-subgraph.fixture.ts';
import { createSubgraph } from './create-subgraph.ts';

describe('a subgraph over WebSocket', () => {
  async function results(url: string, query: string, token = accessToken()) {
    const connectionParams = { authorization: `Bearer ${token}` };
    const client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
    });
    const received: unknown[] = [];
    for await (const result of client.iterate({ query })) received.push(result);
    await client.dispose();
    return received;
  }

  it('streams to whoever may subscribe', async () => {
    const { url } = await serve();
    expect(await results(url, 'subscription { ticks }')).toEqual([{ data: { ticks: 1 } }, { data: { ticks: 2 } }]);
  });

  it('guards subscriptions as it guards queries', async () => {
    const { url } = await serve();
    expect(await results(url, 'subscription { ticks }', serviceToken())).toMatchObject([
      { data: null, errors: [{ path: ['ticks'], extensions: { code: 'FORBIDDEN' } }] },
    ]);
    expect(await results(url, 'subscription { missing }')).toMatchObject([
      { errors: [{ message: 'There is no such payment', extensions: { code: 'NOT_FOUND' } }] },
    ]);
  });

  it('closes with 4403 without a token', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    const [code] = await once(socket, 'close');
    expect(code).toBe(4403);
  });

  it('masks the fault of a stream under a request id that stands in the log', async () => {
    const { url, lines } = await serve();
    const [, last] = await results(url, 'subscription { faultyTicks }');
    expect(last).toEqual({
      data: null,
      errors: [
        {
          message: 'Something went wrong',
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^req_/) },
        },
      ],
    });
    expect(lines.join('')).toContain('the secret cause');
  });
});

describe('the life of a subgraph', () => {
  it('begins what runs beside before it serves, and ends it after the last request', async () => {
    const events: string[] = [];
    const { subgraph, ask, url } = await serve({
      start: async () => {
        events.push('start');
      },
      stop: async () => {
        events.push('stop');
      },
    });
    work.once('end', () => events.push('end of the last request'));
    const begun = once(work, 'begin');
    const answer = ask('{ slow }');
    await begun;
    const stopped = subgraph.stop();
    const refused = () =>
      fetch(new URL('/health/live', url)).then(
        () => false,
        () => true,
      );
    await expect.poll(refused).toBe(true);
    expect(events).toEqual(['start']);
    work.emit('finish', 'done');
    expect((await answer).body).toEqual({ data: { slow: 'done' } });
    await stopped;
    await subgraph.stop();
    expect(events).toEqual(['start', 'end of the last request', 'stop']);
  });

  it('answers what is under way on a WebSocket before it closes it', async () => {
    const { subgraph, url } = await serve();
    const connectionParams = { authorization: `Bearer ${accessToken()}` };
    const client = createClient({
      ...{ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 },
    });
    const closed = new Promise((resolve) => client.on('closed', (event) => resolve(event)));
    const begun = once(work, 'begin');
    const answer = client.iterate({ query: '{ slow }' }).next();
    await begun;
    const stopped = subgraph.stop();
    const refused = () =>
      fetch(new URL('/health/live', url)).then(
        () => false,
        () => true,
      );
    await expect.poll(refused).toBe(true);
    work.emit('finish', 'done');
    expect(await answer).toEqual({ done: false, value: { data: { slow: 'done' } } });
    expect(await closed).toMatchObject({ code: 1001 });
    await stopped;
  });

  const small = (stop?: () => Promise<void>) =>
    createSubgraph<RequestScope>({
      name: 'small',
      typeDefs: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") type Query { a: Int }',
      resolvers: {},
      publicFields: { Query: ['a'] },
      context: (scope) => scope,
      authenticate: async () => ({ kind: 'anonymous' }),
      logger: createLogger({ service: 'small', level: 'silent' }),
      ...(stop && { stop }),
    });

  it('leaves nothing running when its port is taken', async () => {
    const port = Number(new URL((await serve()).url).port);
    const events: string[] = [];
    const subgraph = small(async () => {
      events.push('stop');
    });
    await expect(subgraph.listen({ host: '127.0.0.1', port })).rejects.toThrow(
      `Port ${port} is already in use: set PORT to another one.`,
    );
    expect(events).toEqual(['stop']);
  });

  it('may end before it began', async () => {
    await expect(small().stop()).resolves.toBeUndefined();
  });
});

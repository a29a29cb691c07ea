import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { client, rawSocket, resultsOf, serve, sources } from './attach.fixture.ts';

describe('operations', () => {
  it('are answered in the name of the connection', async () => {
    const { url } = await serve();
    expect(await resultsOf(client(url, 'Bearer good'), '{ who }')).toEqual([{ data: { who: 'customer' } }]);
    expect(await resultsOf(client(url, 'Bearer good'), 'subscription { ticks }')).toEqual([
      { data: { ticks: 1 } },
      { data: { ticks: 2 } },
    ]);
  });

  it.each([
    ['half an operation', '{ who', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an endless operation', `{ ${'who '.repeat(50)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['two operations at once', 'query A { who } query B { who }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('that are wrong (%s) are refused with a code, and the socket stays', async (_what, query, code) => {
    const { url } = await serve({ maxTokens: 20 });
    const { send, connect, messages } = await rawSocket(url);
    await connect();
    send({ type: 'subscribe', id: '1', payload: { query } });
    await expect
      .poll(() => messages.at(-1))
      .toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code } }] });
    send({ type: 'subscribe', id: '2', payload: { query: '{ who }' } });
    await expect.poll(() => messages).toContainEqual({ type: 'next', id: '2', payload: { data: { who: 'customer' } } });
  });

  it('that fail show the error as the server formats it for that caller', async () => {
    const { url } = await serve();
    expect(await resultsOf(client(url, 'Bearer good'), '{ fault }')).toEqual([
      { data: { fault: null }, errors: [{ message: 'masked for customer', path: ['fault'] }] },
    ]);
  });

  it('whose context cannot be made are refused, and the socket stays', async () => {
    const { url } = await serve({
      context: () => {
        throw new Error('the secret cause');
      },
    });
    const { send, connect, messages, socket } = await rawSocket(url);
    await connect();
    send({ type: 'subscribe', id: '1', payload: { query: '{ who }' } });
    await expect
      .poll(() => messages.at(-1))
      .toEqual({ type: 'error', id: '1', payload: [{ message: 'masked for nobody' }] });
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('that may not begin say why', async () => {
    const { url } = await serve();
    expect(await resultsOf(client(url, 'Bearer good'), 'subscription { refused }')).toEqual([
      { data: null, errors: [{ message: 'You may not do this', extensions: { code: 'FORBIDDEN' } }] },
    ]);
  });

  it('that break off end with a last result that has the error, then complete', async () => {
    const { url } = await serve();
    const { send, connect, messages } = await rawSocket(url);
    await connect();
    send({ type: 'subscribe', id: '1', payload: { query: 'subscription { faultyTicks }' } });
    await expect.poll(() => messages.at(-1)).toEqual({ type: 'complete', id: '1' });
    expect(messages.slice(1, -1).map(({ payload }) => payload)).toEqual([
      { data: { faultyTicks: 1 } },
      { data: null, errors: [{ message: 'Too slow', extensions: { code: 'RESUME', afterSequence: 1 } }] },
    ]);
  });

  it('end at their source as soon as the client leaves, although the source is silent', async () => {
    const { url } = await serve();
    for (const leave of ['complete', 'close'] as const) {
      const { send, connect, socket } = await rawSocket(url);
      await connect();
      const [waiting, ended] = [once(sources, 'waiting'), once(sources, 'ended')];
      send({ type: 'subscribe', id: '1', payload: { query: 'subscription { silence }' } });
      await waiting;
      if (leave === 'complete') send({ type: 'complete', id: '1' });
      else socket.close();
      await ended;
    }
  });

  it('are limited in number per connection', async () => {
    const { url } = await serve({ maxOperations: 1 });
    const { send, connect, messages } = await rawSocket(url);
    await connect();
    const waiting = once(sources, 'waiting');
    send({ type: 'subscribe', id: '1', payload: { query: 'subscription { silence }' } });
    await waiting;
    send({ type: 'subscribe', id: '2', payload: { query: '{ who }' } });
    await expect
      .poll(() => messages.at(-1))
      .toMatchObject({ type: 'error', id: '2', payload: [{ extensions: { code: 'RATE_LIMITED' } }] });
    send({ type: 'complete', id: '1' });
    send({ type: 'subscribe', id: '3', payload: { query: '{ who }' } });
    await expect.poll(() => messages.at(-1)).toEqual({ type: 'complete', id: '3' });
  });
});

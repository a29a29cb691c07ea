import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { attach, client, rawSocket, resultsOf, serve, sources, work } from './attach.fixture.ts';

const forbidden = { code: 4403, reason: 'Forbidden' };

describe('connecting', () => {
  it.each([
    ['without a token', undefined],
    ['with something else than a token', 'Bearer nonsense'],
    ['with an expired token', 'Bearer expired'],
  ])('%s is closed with 4403', async (_what, authorization) => {
    const { url } = await serve();
    const { send, closed } = await rawSocket(url);
    send({ type: 'connection_init', payload: { authorization } });
    expect(await closed).toEqual(forbidden);
  });

  it('without a payload, or with a token of the wrong kind, is closed with 4403', async () => {
    const { url } = await serve();
    for (const payload of [undefined, { authorization: 7 }, { authorization: ['Bearer good'] }]) {
      const { send, closed } = await rawSocket(url);
      send({ type: 'connection_init', payload });
      expect(await closed).toEqual(forbidden);
    }
  });

  it('without a token may be allowed, with a bad one never', async () => {
    const { url } = await serve({ anonymous: 'allow' });
    expect(await resultsOf(client(url), '{ who }')).toEqual([{ data: { who: 'anonymous' } }]);
    const { send, closed } = await rawSocket(url);
    send({ type: 'connection_init', payload: { authorization: 'Bearer expired' } });
    expect(await closed).toEqual(forbidden);
  });

  it('while nobody can judge the token is put off, not refused', async () => {
    const { url, logged } = await serve();
    const { send, closed } = await rawSocket(url);
    send({ type: 'connection_init', payload: { authorization: 'Bearer unjudged' } });
    expect(await closed).toEqual({ code: 1013, reason: 'Try again later' });
    expect(logged).toContainEqual({ err: new Error('no keys') });
  });

  it('ends with 4403 when the token expires, and with it what was running', async () => {
    const { url } = await serve();
    const { send, connect, closed } = await rawSocket(url);
    await connect('Bearer brief');
    const ended = once(sources, 'ended');
    send({ type: 'subscribe', id: '1', payload: { query: 'subscription { silence }' } });
    expect(await closed).toEqual(forbidden);
    await ended;
  });

  it('needs the protocol graphql-transport-ws and its path', async () => {
    const { url } = await serve();
    const other = new WebSocket(url, 'graphql-ws');
    expect(String((await once(other, 'error'))[0])).toContain('no subprotocol');
    const elsewhere = new WebSocket(url.replace('/graphql', '/other'), 'graphql-transport-ws');
    expect(String((await once(elsewhere, 'error'))[0])).toContain('400');
  });

  it('must come before operations', async () => {
    const { url } = await serve();
    const { send, closed } = await rawSocket(url);
    send({ type: 'subscribe', id: '1', payload: { query: '{ who }' } });
    expect(await closed).toMatchObject({ code: 4401 });
  });
});

describe('a connection', () => {
  it('with too large a message is closed with 1009', async () => {
    const { url } = await serve({ maxPayload: 1000 });
    const { send, connect, closed } = await rawSocket(url);
    await connect();
    send({ type: 'subscribe', id: '1', payload: { query: `{ who } #${'x'.repeat(1000)}` } });
    expect(await closed).toMatchObject({ code: 1009 });
  });

  it('that sends no message of the protocol is closed with 4400', async () => {
    const { url } = await serve();
    const { socket, closed } = await rawSocket(url);
    socket.send('hello');
    expect(await closed).toMatchObject({ code: 4400 });
  });

  it.each(['1', 'é'.repeat(500)])(
    'that gives two operations one id is closed with 4409, however long it is',
    async (id) => {
      const { url, logged } = await serve();
      const { send, connect, closed } = await rawSocket(url);
      await connect();
      const subscribe = { type: 'subscribe', id, payload: { query: 'subscription { silence }' } };
      send(subscribe);
      send(subscribe);
      expect(await closed).toMatchObject({ code: 4409 });
      expect(logged).toEqual([]);
    },
  );

  it('is written to once for all that follows at once', async () => {
    const { url, server } = await serve();
    const accepted = once(server, 'connection');
    const { send, connect, messages } = await rawSocket(url);
    await connect();
    const [socket] = (await accepted) as [Socket & { _writev: Socket['_write'] }];
    const writes = vi.spyOn(socket, '_writev');
    send({ type: 'subscribe', id: '1', payload: { query: 'subscription { ticks }' } });
    await expect.poll(() => messages.at(-1)).toEqual({ type: 'complete', id: '1' });
    expect(messages.slice(1).map(({ type }) => type)).toEqual(['next', 'next', 'complete']);
    expect(writes).toHaveBeenCalledOnce();
  });

  it('more than the server may hold is put off', async () => {
    const { url } = await serve({ maxConnections: 1 });
    const first = await rawSocket(url);
    await first.connect();
    const second = await rawSocket(url);
    expect(await second.closed).toEqual({ code: 1013, reason: 'Try again later' });
    expect(first.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('that nobody knows yet is counted, from before there is one until it says whose it is or is gone', async () => {
    let waiting = 0;
    const welcome = () => {
      if (waiting === 2) return undefined;
      waiting++;
      let counted = true;
      return () => {
        if (counted) waiting--;
        counted = false;
      };
    };
    const { url } = await serve({ welcome });
    const [first, second] = [await rawSocket(url), await rawSocket(url)];
    const third = new WebSocket(url, 'graphql-transport-ws');
    expect(String((await once(third, 'error'))[0])).toContain('429');
    await first.connect();
    expect(waiting).toBe(1);
    second.socket.close();
    await expect.poll(() => waiting).toBe(0);
    first.socket.close();
    await first.closed;
    expect(waiting).toBe(0);
    await (await rawSocket(url)).connect();
  });

  it('that neither says whose it is nor answers the closing handshake is cut off', async () => {
    let waiting = 0;
    const welcome = () => {
      waiting++;
      return () => void waiting--;
    };
    const { url } = await serve({ welcome });
    const { socket } = await rawSocket(url);
    socket.pause();
    expect(waiting).toBe(1);
    await expect.poll(() => waiting, { timeout: 10_000 }).toBe(0);
  });

  it('more than its principal may have is closed with 4429, until one of the others has gone', async () => {
    let open = 0;
    const admit = () => {
      if (open === 1) return undefined;
      open++;
      return () => void open--;
    };
    const { url } = await serve({ admit });
    const first = await rawSocket(url);
    await first.connect();
    const second = await rawSocket(url);
    second.send({ type: 'connection_init', payload: { authorization: 'Bearer good' } });
    expect(await second.closed).toEqual({ code: 4429, reason: 'Too many connections' });
    first.socket.close();
    await expect.poll(() => open).toBe(0);
    await (await rawSocket(url)).connect();
  });

  it('that asks to be initialised twice is closed with 4429', async () => {
    const { url } = await serve();
    const { send, connect, closed } = await rawSocket(url);
    await connect();
    send({ type: 'connection_init', payload: { authorization: 'Bearer good' } });
    expect(await closed).toMatchObject({ code: 4429 });
  });

  it('that never asks to be initialised is closed with 4408', async () => {
    const { url } = await serve();
    const { closed } = await rawSocket(url);
    expect(await closed).toMatchObject({ code: 4408 });
  });

  it('that answers pings stays, and one that does not is cut off', async () => {
    const { url } = await serve({ keepAlive: 30 });
    const alive = await rawSocket(url);
    await alive.connect();
    const dead = await rawSocket(url, { autoPong: false });
    await dead.connect();
    expect(await dead.closed).toMatchObject({ code: 1006 });
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('a server that cannot listen', () => {
  it('tells nobody but whoever asked it to', async () => {
    const { url } = await serve();
    const { server, logged } = attach();
    server.listen(Number(new URL(url).port), '127.0.0.1');
    await once(server, 'error');
    expect(logged).toEqual([]);
  });
});

describe('draining', () => {
  it('closes all with 1001, ends what was running, and lets nobody in', async () => {
    const { url, sockets } = await serve();
    const { send, connect, closed } = await rawSocket(url);
    await connect();
    const [waiting, ended] = [once(sources, 'waiting'), once(sources, 'ended')];
    send({ type: 'subscribe', id: '1', payload: { query: 'subscription { silence }' } });
    await waiting;
    await sockets.drain();
    expect(await closed).toEqual({ code: 1001, reason: 'Going away' });
    await ended;
    const late = new WebSocket(url, 'graphql-transport-ws');
    await once(late, 'error');
  });

  it('answers what is under way on a socket before it closes it, and begins nothing more there', async () => {
    const { url, sockets } = await serve();
    const [busy, idle] = [await rawSocket(url), await rawSocket(url)];
    await Promise.all([busy.connect(), idle.connect()]);
    const [begun, waiting] = [once(work, 'begin'), once(sources, 'waiting')];
    busy.send({ type: 'subscribe', id: 'query', payload: { query: '{ slow }' } });
    busy.send({ type: 'subscribe', id: 'stream', payload: { query: 'subscription { silence }' } });
    await Promise.all([begun, waiting]);
    const drained = sockets.drain();
    expect(await idle.closed).toMatchObject({ code: 1001 });
    busy.send({ type: 'subscribe', id: 'late', payload: { query: '{ who }' } });
    await expect
      .poll(() => busy.messages.find(({ id }) => id === 'late'))
      .toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
      });
    work.emit('finish', 'done');
    expect(await busy.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(busy.messages.filter(({ id }) => id === 'query')).toEqual([
      { id: 'query', type: 'next', payload: { data: { slow: 'done' } } },
      { id: 'query', type: 'complete' },
    ]);
    await drained;
  });

  it('does not wait for ever for an answer', async () => {
    const { url, sockets } = await serve();
    const { send, connect, closed } = await rawSocket(url);
    await connect();
    const begun = once(work, 'begin');
    send({ type: 'subscribe', id: '1', payload: { query: '{ slow }' } });
    await begun;
    await sockets.drain();
    expect(await closed).toEqual({ code: 1001, reason: 'Going away' });
    work.emit('finish');
  });

  it('does not wait for ever for a client that does not answer', async () => {
    const { url, sockets } = await serve();
    const { socket, connect } = await rawSocket(url);
    await connect();
    // A stopped reader never sees the closing handshake.
    socket.pause();
    await sockets.drain();
  });
});

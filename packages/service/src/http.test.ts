import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer } from './http.ts';
import { listen, PortInUseError } from './listen.ts';
import { createLogger } from './logger.ts';
import { OperatorError } from './operator-error.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function server(ready?: () => Promise<Record<string, unknown>>, closeGraceMs = 200) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level: 'debug' }, { write: (line) => lines.push(line) });
  const app = createHttpServer({ logger, ready, bodyLimit: 1024, closeGraceMs });
  apps.push(app);
  return { app, lines, serve: () => listen(app, { host: '127.0.0.1', port: 0 }) };
}

describe('health', () => {
  it('is live as soon as the process answers, and ready when its checks pass', async () => {
    const url = await server(async () => ({ database: 'up' })).serve();
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', database: 'up' }]);
  });

  it('is not ready while a check fails, and says why to the log only', async () => {
    const { serve, lines } = server(async () => {
      throw new Error('password authentication failed');
    });
    const url = await serve();
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable' }]);
    expect(lines.join('')).toContain('password authentication failed');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('is not ready when a check does not answer', async () => {
    const url = await server(() => new Promise(() => {})).serve();
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  });
});

describe('closing', () => {
  it('refuses new requests, lets those under way finish, and then their connections go', async () => {
    const { app, serve } = server();
    const work = new EventEmitter();
    app.get('/work', async () => {
      const finished = once(work, 'finish');
      work.emit('begin');
      return (await finished)[0];
    });
    const url = await serve();
    const begun = once(work, 'begin');
    const answer = fetch(`${url}/work`);
    await begun;
    const closed = app.close();
    const refused = () =>
      fetch(`${url}/health/live`).then(
        () => false,
        () => true,
      );
    await expect.poll(refused).toBe(true);
    work.emit('finish', 'done');
    expect(await (await answer).text()).toBe('done');
    await closed;
  });

  it.each([
    ['asks nothing', ''],
    ['does not finish its request', 'GET /health/live HTTP/1.1\r\n'],
  ])('does not wait for a client that %s', async (_what, sent) => {
    const { app, serve } = server();
    const { port, hostname } = new URL(await serve());
    const client = connect(Number(port), hostname);
    await once(client, 'connect');
    client.write(sent);
    // Its connection is the older one: once this is answered, the server has it too.
    await fetch(`http://${hostname}:${port}/health/live`);
    await app.close();
    client.destroy();
  });
});

it('closing waits long for a client that has asked, and not for a connection that has been opened in advance', async () => {
  const { app, serve } = server(undefined, 600_000);
  const work = new EventEmitter();
  app.get('/work', async () => {
    work.emit('begin');
    return (await once(work, 'finish'))[0];
  });
  const url = await serve();
  const begun = once(work, 'begin');
  const silent = connect(Number(new URL(url).port), new URL(url).hostname);
  silent.on('error', () => undefined);
  await once(silent, 'connect');
  const answer = fetch(`${url}/work`);
  await begun;
  const closed = app.close();
  // The silent one goes first: whoever has asked is still waiting then.
  silent.resume();
  await once(silent, 'close');
  work.emit('finish', 'done');
  expect(await (await answer).text()).toBe('done');
  await closed;
});

describe('requests', () => {
  it('have a bounded time to arrive in', () => {
    const { requestTimeout, headersTimeout } = server().app.server;
    expect(requestTimeout).toBeGreaterThan(0);
    expect(headersTimeout).toBeLessThanOrEqual(requestTimeout);
  });
});

describe('request ids', () => {
  it('are taken over from the caller and given back', async () => {
    const url = await server().serve();
    const answer = await fetch(`${url}/health/live`, { headers: { 'x-request-id': 'req_abc-123.X:y' } });
    expect(answer.headers.get('x-request-id')).toBe('req_abc-123.X:y');
  });

  it.each(['short', 'x'.repeat(129), 'with space in it', '{"a":1}-------', ''])(
    'are made anew for %j',
    async (given) => {
      const url = await server().serve();
      const answer = await fetch(`${url}/health/live`, { headers: { 'x-request-id': given } });
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    },
  );

  it('stand in the log', async () => {
    const { serve, lines } = server();
    const url = await serve();
    await fetch(`${url}/health/live`, { headers: { 'x-request-id': 'req_findme0' } });
    await expect.poll(() => lines.some((line) => JSON.parse(line).requestId === 'req_findme0')).toBe(true);
  });
});

describe('errors', () => {
  it('of the server are masked and logged with the request id', async () => {
    const { app, serve, lines } = server();
    app.get('/fault', async () => {
      throw new Error('the secret cause');
    });
    const url = await serve();
    const answer = await fetch(`${url}/fault`);
    const requestId = answer.headers.get('x-request-id');
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { errors: [{ message: 'Something went wrong', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }] },
    ]);
    expect(lines.join('')).toContain('the secret cause');
  });

  it.each([
    ['{', 400],
    [JSON.stringify('x'.repeat(2000)), 413],
  ])('of the client name what is wrong', async (body, status) => {
    const { app, serve } = server();
    app.post('/graphql', async () => 'never');
    const url = await serve();
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([
      status,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });

  it('for an unknown address are 404 in the same shape', async () => {
    const url = await server().serve();
    const answer = await fetch(`${url}/nowhere`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] },
    ]);
  });
});

describe('listening', () => {
  it('at a port in use names the port and the setting', async () => {
    const url = await server().serve();
    const port = Number(new URL(url).port);
    const second = listen(server().app, { host: '127.0.0.1', port, setting: 'LEDGER_PORT' });
    await expect(second).rejects.toThrow(new PortInUseError(port, 'LEDGER_PORT'));
    await expect(second).rejects.toThrow(`Port ${port} is already in use: set LEDGER_PORT to another one.`);
  });

  it('at an address of another machine names it and the setting', async () => {
    const elsewhere = listen(server().app, { host: '198.51.100.1', port: 0 });
    await expect(elsewhere).rejects.toThrow(
      new OperatorError('This machine has no address 198.51.100.1: set HOST to one that it has.'),
    );
  });

  it('everywhere gives an address that can be opened', async () => {
    const { app } = server();
    const url = await listen(app, { host: '0.0.0.0', port: 0 });
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await fetch(url.replace('localhost', '127.0.0.1'))).status).toBe(404);
  });
});

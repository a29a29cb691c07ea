import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { type Dependencies, optional, required } from './health.ts';
import { createHttpServer } from './http.ts';
import { listen, PortInUseError } from './listen.ts';
import { createLogger } from './logger.ts';
import { OperatorError } from './operator-error.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function server(dependencies: Dependencies = {}, closeGraceMs = 200) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level: 'debug' }, { write: (line) => lines.push(line) });
  const app = createHttpServer({ logger, dependencies: () => dependencies, bodyLimit: 1024, closeGraceMs });
  apps.push(app);
  return { app, lines, serve: () => listen(app, { host: '127.0.0.1', port: 0 }) };
}

describe('health', () => {
  const up = async () => {};
  const fault = (details: object = {}) => Object.assign(new Error('password authentication failed'), details);
  const down = async () => {
    throw fault({ code: '28P01' });
  };
  async function readiness(dependencies: Dependencies) {
    const { serve, lines } = server(dependencies);
    const url = await serve();
    const response = await fetch(`${url}/health/ready`);
    return { url, lines, answer: [response.status, await response.json()] };
  }

  it('is live as soon as the process answers, and ready when all that it works with is up', async () => {
    const { url, answer } = await readiness({ postgresql: required(up), redis: optional(up) });
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    const dependencies = { postgresql: { status: 'up' }, redis: { status: 'up' } };
    expect(answer).toEqual([200, { status: 'ready', dependencies }]);
  });

  it('shows what a dependency tells of itself', async () => {
    const { answer } = await readiness({ rules: required(async () => ({ version: 7 })) });
    expect(answer).toEqual([200, { status: 'ready', dependencies: { rules: { status: 'up', version: 7 } } }]);
  });

  it('is not ready without what it cannot do without, and says why: to the log in full, to others by a code', async () => {
    const { url, answer, lines } = await readiness({ postgresql: required(down), redis: optional(up) });
    const dependencies = { postgresql: { status: 'down', why: '28P01' }, redis: { status: 'up' } };
    expect(answer).toEqual([503, { status: 'unavailable', dependencies }]);
    expect(lines.join('')).toContain('password authentication failed');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('is ready, if degraded, without what it can do without', async () => {
    const { answer } = await readiness({ postgresql: required(up), redis: optional(down) });
    const dependencies = { postgresql: { status: 'up' }, redis: { status: 'down', why: '28P01' } };
    expect(answer).toEqual([200, { status: 'degraded', dependencies }]);
  });

  it.each([
    ['the code of its cause', fault({ cause: fault({ code: 'ECONNREFUSED' }) }), 'ECONNREFUSED'],
    ['no more than that it failed', fault(), 'FAILED'],
    ['nothing that is no code', fault({ code: 'role "payment" at db:5432' }), 'FAILED'],
  ])('tells of a fault %s', async (_what, error, why) => {
    const { answer } = await readiness({ postgresql: required(() => Promise.reject(error)) });
    expect(answer).toEqual([503, { status: 'unavailable', dependencies: { postgresql: { status: 'down', why } } }]);
  });

  it('is logged when a dependency goes down and when it comes back, however often it is asked for', async () => {
    let isUp = false;
    const { serve, lines } = server({ redis: optional(() => (isUp ? up() : down())) });
    const url = await serve();
    const ask = async () => (await fetch(`${url}/health/ready`)).json();
    for (const status of ['degraded', 'degraded', 'degraded']) expect(await ask()).toMatchObject({ status });
    isUp = true;
    for (const status of ['ready', 'ready']) expect(await ask()).toMatchObject({ status });
    const told = lines.map((line) => JSON.parse(line)).filter(({ dependency }) => dependency === 'redis');
    expect(told.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'a dependency is down'],
      [30, 'a dependency is up again'],
    ]);
  });

  it('is asked for once at a time, however many want to know', async () => {
    const asked = new EventEmitter();
    let probes = 0;
    const hanging = async () => {
      probes += 1;
      await once(asked, 'answer');
    };
    const { app, serve } = server({ postgresql: required(hanging) });
    const url = await serve();
    let arrived = 0;
    app.server.on('request', () => arrived++);
    const answers = [1, 2, 3].map(() => fetch(`${url}/health/ready`));
    await expect.poll(() => arrived).toBe(3);
    asked.emit('answer');
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    expect(probes).toBe(1);
    const next = fetch(`${url}/health/ready`);
    await expect.poll(() => probes).toBe(2);
    asked.emit('answer');
    expect((await next).status).toBe(200);
  });

  it('waits for no dependency for ever', async () => {
    const { answer } = await readiness({ postgresql: required(() => new Promise(() => {})) });
    expect(answer).toMatchObject([503, { dependencies: { postgresql: { why: 'TIMEOUT' } } }]);
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

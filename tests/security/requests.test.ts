import { post } from '@paygraph/gateway/testing';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { useWallets } from './support/wallets.ts';
import { codesIn, reading } from './support/ways.ts';

const app = 'https://app.example.com';
const evil = 'https://evil.example.com';

describe('a web page', () => {
  const graph = useWallets({ corsOrigins: [app] });
  const byGet = (headers: Record<string, string>) => fetch(`${graph.url}?query={labels}`, { headers });
  const preflight = async (origin: string) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    return (await fetch(graph.url, { method: 'OPTIONS', headers })).headers.get('access-control-allow-origin');
  };
  const socketFrom = async (origin: string | undefined) => {
    const socket = new WebSocket(graph.url.replace('http', 'ws'), 'graphql-transport-ws', {
      ...(origin && { origin }),
    });
    const outcome = await new Promise((resolve) => {
      socket.on('open', () => resolve('open')).on('error', () => resolve('refused'));
    });
    socket.terminate();
    return outcome;
  };

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'cannot post what browsers send without asking: %j',
    async (type) => {
      for (const accept of ['application/json', 'text/event-stream', 'multipart/mixed;subscriptionSpec=1.0']) {
        const body = new Blob(['{"query":"mutation { rename(id: \\"1\\", label: \\"Mine\\") { id } }"}'], { type });
        expect((await fetch(graph.url, { method: 'POST', headers: { accept }, body })).status).toBe(415);
      }
      expect(graph.asked('wallet')).toEqual([]);
    },
  );

  it('cannot get anything by an address alone', async () => {
    expect((await byGet({})).status).toBe(400);
    expect((await byGet({ accept: 'text/event-stream', 'sec-fetch-site': 'cross-site' })).status).toBe(400);
    expect(graph.asked('wallet')).toEqual([]);
    expect((await byGet({ 'apollo-require-preflight': '1' })).status).toBe(200);
    expect((await byGet({ accept: 'text/event-stream', 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('is let in when its origin was allowed, and otherwise not', async () => {
    expect(await preflight(app)).toBe(app);
    expect(await preflight(evil)).toBeNull();
    expect(await preflight('null')).toBeNull();
    const answer = await post(graph.url, '{ labels }', { headers: { origin: app } });
    expect(answer.headers.get('access-control-expose-headers')).toContain('ratelimit-remaining');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('opens a WebSocket only from an origin that was allowed, or from this one', async () => {
    expect(await socketFrom(app)).toBe('open');
    expect(await socketFrom(new URL(graph.url).origin)).toBe('open');
    expect(await socketFrom(undefined)).toBe('open');
    expect(await socketFrom(evil)).toBe('refused');
    expect(await socketFrom('null')).toBe('refused');
  });
});

describe('every answer', () => {
  const graph = useWallets({ production: true });

  it.each(['application/json', 'text/event-stream', 'multipart/mixed;subscriptionSpec=1.0'])(
    'of %s allows browsers nothing, and has an id',
    async (accept) => {
      const { headers } = await fetch(graph.url, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', authorization: 'ama' },
        body: '{"query":"{ labels }"}',
      });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('strict-transport-security')).toContain('max-age=');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-request-id')).toMatch(/^req_/);
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('that is none, too', async () => {
    const { headers } = await fetch(new URL('/nothing', graph.url));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const page = await fetch(new URL('/playground/', graph.url));
    expect(page.headers.get('content-security-policy')).not.toContain("default-src 'none'; frame");
  });
});

describe('in production', () => {
  const graph = useWallets({ production: true });
  const telling = [
    '{ __schema { types { name } } }',
    '{ a: __type(name: "Wallet") { name } }',
    '{ ...F } fragment F on Query { ... { __schema { types { name } } } }',
  ];

  it.each(reading.filter(({ name }) => name !== 'WebSocket'))(
    'strangers learn nothing of the schema by $name',
    async ({ ask }) => {
      for (const query of telling) {
        expect(codesIn(await ask(graph.url, { query, authorization: 'ama' }))).toEqual([]);
        const result = await ask(graph.url, { query });
        expect(new Set(codesIn(result))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
        expect(result.data).toBeUndefined();
      }
      const misspelt = await ask(graph.url, { query: '{ labelz wallet(ident: 1) { labl } }' });
      expect(JSON.stringify(misspelt)).not.toMatch(/did you mean|"label"|labels/i);
    },
  );

  it('who is signed in is helped', async () => {
    const { body } = await post(graph.url, '{ labelz }', { authorization: 'ama' });
    expect(body.errors?.[0]?.message).toContain('Did you mean "labels"?');
  });

  it('what went wrong is told to nobody but the log, which has the id that the client is told', async () => {
    graph.subgraphs.wallet.behave({
      status: 200,
      body: '{"errors":[{"message":"password of db at 10.0.0.1 is hunter2","extensions":{"stacktrace":["at x"]}}]}',
    });
    const { body } = await post(graph.url, '{ labels }', { authorization: 'ama' });
    graph.subgraphs.wallet.behave('well');
    expect(JSON.stringify(body)).not.toMatch(/hunter2|10\.0\.0\.1|stack/);
    const { requestId, code } = { ...body.errors?.[0]?.extensions };
    expect(code).toBe('INTERNAL_SERVER_ERROR');
    expect(graph.logs.join()).toContain(String(requestId));
  });
});

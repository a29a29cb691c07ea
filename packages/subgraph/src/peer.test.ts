import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { createLogger } from '@paygraph/service';
import { parse } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { createPeer, dependenciesOn, PeerError } from './peer.ts';

const document: TypedDocumentNode<{ post: string }, { id: string }> = parse(
  'mutation Post($id: ID!) { post(id: $id) }',
);
const logger = createLogger({ service: 'payment', level: 'silent' });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A ledger that answers as told. */
async function ledger(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}/graphql` };
}

function peerAt(url: string, timeoutMs = 5_000) {
  const peer = createPeer({ name: 'ledger', url, token: () => 'service-token', logger, timeoutMs });
  closing.push(() => peer.close());
  return peer;
}

const answering = (status: number, body: unknown) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const failure = (request: Promise<unknown>) =>
  request.then(
    () => undefined,
    (error: unknown) => (error instanceof PeerError ? error : Promise.reject(error)),
  );

describe('a call to a peer', () => {
  it('carries the operation, the service token and the request id, and gives the data', async () => {
    const received: unknown[] = [];
    const { url } = await ledger(async (request, response) => {
      const { authorization, 'x-request-id': requestId } = request.headers;
      received.push({ method: request.method, path: request.url, authorization, requestId });
      received.push(JSON.parse(await text(request)));
      answering(200, { data: { post: 'done' } })(request, response);
    });
    const data = await peerAt(url).request(document, { id: 'txn_1' }, { requestId: 'req_1' });
    expect(data).toEqual({ post: 'done' });
    expect(received).toEqual([
      { method: 'POST', path: '/graphql', authorization: 'Bearer service-token', requestId: 'req_1' },
      { query: 'mutation Post($id: ID!) {\n  post(id: $id)\n}', variables: { id: 'txn_1' } },
    ]);
  });

  it.each([
    ['an inner fault', 200, { data: null, errors: [{ message: 'x', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] }],
    ['overload', 200, { errors: [{ message: 'x', extensions: { code: 'RATE_LIMITED' } }] }],
    ['a proxy without a peer', 502, '<html>'],
    ['an error without a body', 500, ''],
    ['too many requests', 429, ''],
    ['half an answer', 200, '{"data":'],
    ['no data', 200, {}],
  ])('that meets %s may be repeated: its outcome is unknown', async (_what, status, body) => {
    const { url } = await ledger(answering(status, body));
    expect(await failure(peerAt(url).request(document, { id: '1' }))).toMatchObject({
      peer: 'ledger',
      retryable: true,
    });
  });

  it.each([
    ['refused', 200, 'FORBIDDEN'],
    ['not understood', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['not authenticated', 401, 'UNAUTHENTICATED'],
    ['wrongly put', 200, 'BAD_USER_INPUT'],
  ])('that is %s may not be repeated, and says the peer’s code', async (_what, status, code) => {
    const { url } = await ledger(answering(status, { errors: [{ message: 'No', extensions: { code } }] }));
    const error = await failure(peerAt(url).request(document, { id: '1' }));
    expect(error).toMatchObject({ retryable: false, code, message: 'ledger: No' });
  });

  it('with data and an error at once has failed', async () => {
    const { url } = await ledger(answering(200, { data: { post: null }, errors: [{ message: 'No' }] }));
    expect(await failure(peerAt(url).request(document, { id: '1' }))).toMatchObject({ retryable: false });
  });

  it('to nobody may be repeated', async () => {
    const error = await failure(peerAt('http://127.0.0.1:1/graphql').request(document, { id: '1' }));
    expect(error).toMatchObject({ retryable: true, message: 'ledger: does not answer' });
  });

  it('that is cut off in the middle may be repeated', async () => {
    const { url } = await ledger((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"data":');
      response.destroy();
    });
    expect(await failure(peerAt(url).request(document, { id: '1' }))).toMatchObject({ retryable: true });
  });

  it.each([
    ['begin', () => {}],
    [
      'end',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"data":');
      },
    ],
  ])('whose answer does not %s in time may be repeated', async (_what, answer) => {
    const { url } = await ledger(answer);
    expect(await failure(peerAt(url, 100).request(document, { id: '1' }))).toMatchObject({ retryable: true });
  });

  it('is sent once, whatever happens', async () => {
    let requests = 0;
    const { url } = await ledger((request, response) => {
      requests += 1;
      answering(503, '')(request, response);
    });
    await failure(peerAt(url).request(document, { id: '1' }));
    expect(requests).toBe(1);
  });

  it('works again once the peer is back', async () => {
    const { server, url } = await ledger(answering(200, { data: { post: 'done' } }));
    const peer = peerAt(url);
    await peer.request(document, { id: '1' });
    const { port } = new URL(url);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(peer.request(document, { id: '2' }))).toMatchObject({ retryable: true });
    server.listen(Number(port), '127.0.0.1');
    await once(server, 'listening');
    expect(await peer.request(document, { id: '3' })).toEqual({ post: 'done' });
  });
});

describe('a peer as a dependency', () => {
  it('is up while its process answers, whatever it is asked otherwise, and can be done without', async () => {
    const { url } = await ledger((request, response) =>
      answering(request.url === '/health/live' ? 200 : 503, {})(request, response),
    );
    const { ledger: dependency } = dependenciesOn({ ledger: peerAt(url) });
    expect(dependency?.required).toBe(false);
    await dependency?.check();
  });

  it.each([
    ['nobody is there', async () => 'http://127.0.0.1:1/graphql'],
    ['it is something else', async () => (await ledger(answering(404, {}))).url],
  ])('is down when %s', async (_what, url) => {
    await expect(peerAt(await url()).ready()).rejects.toThrow();
  });
});

import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFetcher } from './fetcher.ts';
import type { JsonObject } from './json.ts';
import type { Subscriptions } from './subscriptions.ts';
import { listen } from './testing/listen.ts';

async function* oneStep() {
  yield { data: { step: 1 } };
}

describe('the fetcher', () => {
  const server = createServer();
  const posted: { headers: IncomingHttpHeaders; body: unknown }[] = [];
  const subscribed: unknown[] = [];
  const answers: JsonObject[] = [];
  let response = { status: 200, text: '{"data":{"ok":true}}' };
  let url = '';

  const subscriptions: Subscriptions = {
    iterate(request, headers) {
      subscribed.push({ request, headers });
      return oneStep();
    },
    dispose: async () => {},
  };
  const fetcher = () => createFetcher({ url, subscriptions, onAnswer: (answer) => answers.push(answer) });

  beforeAll(async () => {
    server.on('request', async (request, reply) => {
      const chunks = await request.toArray();
      posted.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      reply.writeHead(response.status, { 'content-type': 'application/json' }).end(response.text);
    });
    url = `http://127.0.0.1:${await listen(server)}/graphql`;
  });

  afterAll(() => {
    server.close();
  });

  beforeEach(() => {
    for (const list of [posted, subscribed, answers]) list.length = 0;
    response = { status: 200, text: '{"data":{"ok":true}}' };
  });

  it('posts queries with the headers of the pane, and passes the answer on', async () => {
    const variables = { id: 'pay_1' };
    const answer = await fetcher()(
      { query: 'query A { ok }', operationName: 'A', variables },
      { headers: { Authorization: 'Bearer ada' } },
    );
    expect(answer).toEqual({ data: { ok: true } });
    expect(answers).toEqual([answer]);
    expect(posted).toMatchObject([
      { headers: { authorization: 'Bearer ada' }, body: { query: 'query A { ok }', operationName: 'A', variables } },
    ]);
  });

  it('shows errors that come with a status', async () => {
    response = { status: 401, text: '{"errors":[{"message":"expired","extensions":{"code":"UNAUTHENTICATED"}}]}' };
    const errors = [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }];
    expect(await fetcher()({ query: '{ ok }' })).toEqual({ errors });
  });

  it('sends subscriptions over the WebSocket, with header names in lower case', async () => {
    const query = 'subscription Watch { step }';
    await fetcher()({ query, operationName: 'Watch' }, { headers: { Authorization: 'Bearer ada' } });
    expect(subscribed).toEqual([
      { request: { query, operationName: 'Watch', variables: undefined }, headers: { authorization: 'Bearer ada' } },
    ]);
    expect([posted, answers]).toEqual([[], []]);
  });

  it('goes by the document where the operation name is still that of the tab before', async () => {
    await fetcher()({ query: 'mutation Pay { ok }', operationName: 'Watch' });
    expect(posted).toMatchObject([{ body: { operationName: 'Pay' } }]);
  });

  it('leaves it to the server to find fault with a document', async () => {
    response = { status: 400, text: '{"errors":[{"message":"Syntax Error"}]}' };
    expect(await fetcher()({ query: 'query {' })).toEqual({ errors: [{ message: 'Syntax Error' }] });
  });

  it('says what answered instead of GraphQL', async () => {
    response = { status: 502, text: 'upstream is down' };
    const message = `${url} answered 502 Bad Gateway, not GraphQL: upstream is down`;
    expect(await fetcher()({ query: '{ ok }' })).toEqual({ errors: [{ message }] });
  });

  it('says that nobody answers', async () => {
    const nowhere = 'http://127.0.0.1:1/graphql';
    const answer = await createFetcher({ url: nowhere, subscriptions, onAnswer: () => {} })({ query: '{ ok }' });
    expect(answer).toEqual({ errors: [{ message: `${nowhere} could not be reached: fetch failed` }] });
  });
});

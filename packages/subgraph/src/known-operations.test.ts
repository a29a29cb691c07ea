import { expect, it } from 'vitest';
import { accessToken, serve, serviceToken } from './create-subgraph.fixture.ts';

it.each<[string, string, object?]>([
  ['what succeeds', '{ rate(amount: "1") }', { token: accessToken() }],
  ['what others may command', '{ post(ids: ["a", "b"]) }', { token: serviceToken() }],
  ['what the caller may not do', '{ post(ids: ["a", "b"]) }', { token: accessToken() }],
  ['what fails for many reasons', '{ refused fault disguised peer database }'],
  ['variables that fit', 'query ($amount: Decimal) { rate(amount: $amount) }', { variables: { amount: '1' } }],
  ['variables that do not fit', 'query ($amount: Decimal) { rate(amount: $amount) }', { variables: { amount: '-1' } }],
  ['variables that are missing', 'query ($ids: [ID!]!) { post(ids: $ids) }', { token: serviceToken() }],
  ['a token that has expired', '{ rate(amount: "1") }', { token: accessToken(new Date(0)) }],
  ['two operations at once', 'query A { rate } query B { rate }'],
])('an operation that was answered before is answered alike: %s', async (_what, query, asking = {}) => {
  const { ask, lines } = await serve();
  const headers = { 'x-request-id': 'req_the-same' };
  const answer = async () => {
    lines.length = 0;
    const { status, headers: given, body } = await ask(query, { headers, ...asking });
    const logged = lines.map((line) => JSON.parse(line)).map(({ msg, path, requestId }) => ({ msg, path, requestId }));
    return { status, type: given.get('content-type'), challenge: given.get('www-authenticate'), body, logged };
  };
  const first = await answer();
  expect(await answer()).toEqual(first);
  expect(await answer()).toEqual(first);
});

it('an operation that was answered before is not everybody’s', async () => {
  const { ask } = await serve();
  const query = '{ post(ids: ["a"]) }';
  expect((await ask(query, { token: serviceToken() })).body).toEqual({ data: { post: [true] } });
  expect((await ask(query, { token: accessToken() })).body.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' });
  expect((await ask(query)).body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
});

it('a request that is more than a known operation has all that is to be said of it said', async () => {
  const { ask, url } = await serve();
  const query = '{ rate(amount: "1") }';
  await ask(query);
  const post = async (body: object, accept = 'application/json') => {
    const headers = { 'content-type': 'application/json', accept };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return [response.status, response.headers.get('content-type')];
  };
  expect(await post({ query })).toEqual([200, 'application/json; charset=utf-8']);
  expect(await post({ query }, 'application/graphql-response+json')).toEqual([
    200,
    'application/graphql-response+json; charset=utf-8',
  ]);
  expect((await post({ query, variables: [] }))[0]).toBe(400);
  expect((await post({ query, operationName: 7 }))[0]).toBe(400);
});

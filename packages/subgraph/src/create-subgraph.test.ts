import { generateSigningKey, KeysUnavailableError, signAccessToken } from '@paygraph/auth';
import { required } from '@paygraph/service';
import { describe, expect, it } from 'vitest';
import { accessToken, serve, serviceToken } from './create-subgraph.fixture.ts';

describe('a subgraph over HTTP', () => {
  it('answers a customer, and resolves references with one load', async () => {
    const { ask, loads } = await serve();
    const wallets = await ask(
      `{ _entities(representations: [
          { __typename: "Wallet", id: "wal_1" } { __typename: "Wallet", id: "wal_none" } { __typename: "Wallet", id: "wal_2" }
        ]) { ... on Wallet { id label } } }`,
      { token: accessToken() },
    );
    expect(wallets.body).toEqual({
      data: { _entities: [{ id: 'wal_1', label: 'label of wal_1' }, null, { id: 'wal_2', label: 'label of wal_2' }] },
    });
    expect(loads).toEqual([['wal_1', 'wal_none', 'wal_2']]);
  });

  it('lets services command what customers cannot even try', async () => {
    const { ask } = await serve();
    const query = '{ post(ids: ["a", "b"]) }';
    expect((await ask(query, { token: serviceToken() })).body).toEqual({ data: { post: [true, true] } });
    expect((await ask(query, { token: accessToken() })).body.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' });
    expect((await ask(query)).body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });

  it.each([
    ['MALFORMED', 'nonsense'],
    ['EXPIRED', accessToken(new Date(0))],
    ['INVALID', signAccessToken({ key: generateSigningKey(), customerId: 'c', sessionId: 's', roles: [] }).token],
  ])('answers 401 to a token that is %s, even where none is needed', async (reason, token) => {
    const { ask } = await serve();
    const { status, headers, body } = await ask('{ rate(amount: "1") }', { token });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(body).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED', reason } }],
    });
  });

  it('answers 503 while nobody can judge the token', async () => {
    const { ask } = await serve({
      accessTokenKeys: async () => {
        throw new KeysUnavailableError('profile is down');
      },
    });
    const { status, body } = await ask('{ rate(amount: "1") }', { token: accessToken() });
    expect([status, body.errors?.[0]?.extensions]).toEqual([503, { code: 'SERVICE_UNAVAILABLE' }]);
    expect((await ask('{ rate(amount: "1") }')).body).toEqual({ data: { rate: '1' } });
  });

  it('passes on errors that were meant, and masks all others under the request id', async () => {
    const { ask, lines } = await serve();
    const headers = { 'x-request-id': 'req_from-the-gateway' };
    const { body } = await ask('{ refused fault disguised peer database }', { headers });
    const shown = (body.errors ?? []).map(({ path, message, extensions }) => [path[0], { message, ...extensions }]);
    const errors = Object.fromEntries(shown);
    const masked = {
      message: 'Something went wrong',
      code: 'INTERNAL_SERVER_ERROR',
      requestId: 'req_from-the-gateway',
    };
    expect(errors).toEqual({
      refused: { message: 'amount must be more than zero', code: 'BAD_USER_INPUT', field: ['input', 'amount'] },
      fault: masked,
      disguised: masked,
      peer: { message: 'A service does not answer: try again', code: 'SERVICE_UNAVAILABLE' },
      database: { message: 'A service does not answer: try again', code: 'SERVICE_UNAVAILABLE' },
    });
    expect(JSON.stringify(body)).not.toContain('secret');
    const logged = lines.map((line) => JSON.parse(line)).filter(({ path }) => path === 'fault');
    expect(logged).toMatchObject([{ requestId: 'req_from-the-gateway', err: { message: 'the secret cause' } }]);
  });

  it('says in the log who asked for what, and nothing of what they sent with it', async () => {
    const { ask, lines } = await serve();
    const query = 'query Faulty($amount: Decimal) { rate(amount: $amount) fault }';
    await ask(query, { token: accessToken(), variables: { amount: '1234567.89' } });
    await ask(query, { variables: { amount: '1234567.89' } });
    const logged = lines.map((line) => JSON.parse(line)).filter(({ path }) => path === 'fault');
    const common = { requestId: expect.stringMatching(/^req_/), operation: 'Faulty' };
    expect(logged).toMatchObject([
      { ...common, principal: 'cus_1' },
      { ...common, principal: 'anonymous' },
    ]);
    expect(lines.join('')).not.toContain('1234567.89');
  });

  it('masks a context that cannot be made', async () => {
    const { ask, lines } = await serve({
      context: () => {
        throw new Error('the secret cause');
      },
    });
    const { status, body } = await ask('{ refused }');
    expect([status, body.errors?.[0]?.message]).toEqual([500, 'Something went wrong']);
    expect(lines.join('')).toContain('the secret cause');
  });

  it('reads its scalars strictly, from literals and from variables', async () => {
    const { ask } = await serve();
    const at = '2026-09-29T12:00:00Z';
    expect((await ask(`{ rate(at: "${at}") }`)).body).toEqual({ data: { rate: String(Date.parse(at)) } });
    const literal = await ask('{ rate(amount: 12.3) }');
    expect([literal.status, literal.body.errors?.[0]?.extensions]).toEqual([
      400,
      { code: 'GRAPHQL_VALIDATION_FAILED' },
    ]);
    const variable = await ask('query ($amount: Decimal) { rate(amount: $amount) }', { variables: { amount: '-1' } });
    expect([variable.status, variable.body.errors?.[0]?.extensions]).toEqual([400, { code: 'BAD_USER_INPUT' }]);
    expect(variable.body.errors?.[0]?.message).toContain('Decimal must be a decimal as a string');
  });

  it.each([
    ['half an operation', '{ rate(', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an endless operation', `{ ${'rate '.repeat(10_001)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['two operations at once', 'query A { rate } query B { rate }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('refuses %s', async (_what, query, code) => {
    const { ask } = await serve();
    const { status, body } = await ask(query);
    expect([status, body.errors?.[0]?.extensions]).toEqual([400, { code }]);
  });

  it('takes one operation a request, in JSON only, which a foreign web page cannot send', async () => {
    const { url } = await serve();
    const post = (body: string, type: string) =>
      fetch(url, { method: 'POST', headers: { 'content-type': type }, body }).then(({ status }) => status);
    expect(await post('[{"query":"{ rate }"},{"query":"{ rate }"}]', 'application/json')).toBe(400);
    expect(await post('{"query":"{ rate }"}', 'text/plain')).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${url}?query=%7B%20rate%20%7D`)).status).toBe(404);
  });

  it('shows its schema during development, and in production not even by suggestion', async () => {
    const introspection = '{ __schema { types { name } } }';
    const development = await serve({ production: false });
    expect((await development.ask(introspection)).status).toBe(200);
    const production = await serve({ production: true });
    expect((await production.ask(introspection)).status).toBe(400);
    const { body } = await production.ask('{ rat }');
    expect(body.errors?.[0]?.message).not.toContain('rate');
    expect((await production.ask('{ _service { sdl } }')).body).toEqual({ data: { _service: { sdl: null } } });
  });

  it('serves routes of its own and its health beside the graph', async () => {
    const { url } = await serve({
      routes: (app) => {
        app.get('/.well-known/jwks.json', async () => ({ keys: [] }));
      },
      dependencies: { postgresql: required(async () => {}) },
    });
    expect(await (await fetch(new URL('/.well-known/jwks.json', url))).json()).toEqual({ keys: [] });
    const dependencies = { postgresql: { status: 'up' } };
    expect(await (await fetch(new URL('/health/ready', url))).json()).toEqual({ status: 'ready', dependencies });
  });
});

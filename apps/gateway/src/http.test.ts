import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from './testing/http.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ production: false, corsOrigins: ['https://app.example.com'] });
});
afterAll(() => world.stop());

describe('a query across subgraphs', () => {
  it('is answered from all of them in the shape asked for', async () => {
    const query = `query Page($id: ID!) {
      p: payment(id: $id) {
        ...Money
        payer { displayName wallet { name: label balance { amount currency } __typename } }
        riskAssessment { decision }
      }
    }
    fragment Money on Payment { total: amount { amount } }`;
    const { status, body } = await post(world.url, query, {
      variables: { id: 'pay_1' },
      authorization: world.tokenOf('cus_1'),
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        p: {
          total: { amount: '12.30' },
          payer: {
            displayName: 'Ama',
            wallet: { name: 'Everyday', balance: { amount: '100.00', currency: 'USD' }, __typename: 'Wallet' },
          },
          riskAssessment: { decision: 'APPROVE' },
        },
      },
    });
  });

  it('forwards the verified token and the request id to every subgraph', async () => {
    const authorization = world.tokenOf('cus_1');
    const headers = { 'x-request-id': 'req_of_the_caller' };
    const answer = await post(world.url, '{ wallets { secret balance { amount } } }', { authorization, headers });
    expect(answer.headers.get('x-request-id')).toBe('req_of_the_caller');
    for (const { requests } of [world.wallet, world.ledger])
      expect(requests.at(-1)).toMatchObject({ authorization, requestId: 'req_of_the_caller' });
  });

  it('reads variables, conditions and the operation’s name as the specification says', async () => {
    const query = `
      query Other { riskRules }
      query Wanted($with: Boolean! = false) { wallet(id: "wal_1") { label balance @include(if: $with) { amount } } }`;
    const bare = await post(world.url, query, { operationName: 'Wanted' });
    expect(bare.body).toEqual({ data: { wallet: { label: 'Everyday' } } });
    const full = await post(world.url, query, { operationName: 'Wanted', variables: { with: true } });
    expect(full.body).toEqual({ data: { wallet: { label: 'Everyday', balance: { amount: '100.00' } } } });
    for (const operationName of [undefined, '', 'Absent'])
      expect(await post(world.url, query, operationName === undefined ? {} : { operationName })).toMatchObject({
        status: 400,
        body: { errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] },
      });
  });

  it('answers with the null of an entity that its owner does not know', async () => {
    const { body } = await post(world.url, '{ payment(id: "pay_2") { payee { displayName wallet { label } } } }');
    expect(body.data).toEqual({ payment: { payee: { displayName: 'Kofi', wallet: null } } });
  });

  it('reports a broken promise of a non-null value as an error at its path, and nulls the parent', async () => {
    const { body } = await post(world.url, '{ wallets { label } a: wallet(id: "wal_2") { strictBalance { amount } } }');
    expect(body.data).toEqual({ wallets: [{ label: 'Everyday' }, { label: 'Savings' }], a: null });
    expect(body.errors).toMatchObject([
      { path: ['a', 'strictBalance'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    expect(JSON.stringify(body.errors)).not.toMatch(/resolver|ledger|stack/i);
  });
});

describe('a query with @defer', () => {
  const query = '{ wallets { label ... @defer(label: "money") { balance { amount } } } }';
  const headers = {
    accept: 'multipart/mixed;deferSpec=20220824, application/json;q=0.9',
    'content-type': 'application/json',
  };
  const ask = (text: string) => fetch(world.url, { method: 'POST', headers, body: JSON.stringify({ query: text }) });

  it('is answered in parts: first what is there, before the rest has come', async () => {
    world.ledger.behave('never');
    const response = await ask(query);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
    const { value } = (await response.body?.getReader().read()) ?? {};
    world.ledger.behave('well');
    expect(Buffer.from(value ?? []).toString()).toBe(
      `\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify({
        data: { wallets: [{ label: 'Everyday' }, { label: 'Savings' }] },
        hasNext: true,
      })}\r\n---\r\n`,
    );
  });

  it('comes to its end', async () => {
    const parts = (await (await ask(query)).text()).split(/\r\n---(?:--)?\r\n/).filter(Boolean);
    expect(parts.map((part) => JSON.parse(part.replace(/^content-type: [^\r]*\r\n\r\n/, '')))).toMatchObject([
      { hasNext: true },
      {
        incremental: [
          { path: ['wallets', 0], label: 'money', data: { balance: { amount: '100.00' } } },
          { path: ['wallets', 1], label: 'money' },
        ],
        hasNext: false,
      },
    ]);
  });

  it('comes at once to who does not accept parts, or when there is nothing to defer', async () => {
    expect((await post(world.url, query)).body.data).toMatchObject({
      wallets: [{ balance: { amount: '100.00' } }, {}],
    });
    expect((await ask('{ wallets { label } }')).headers.get('content-type')).toContain('application/json');
  });

  it('needs labels that tell its parts apart', async () => {
    for (const text of [
      '{ wallets { ... @defer(label: "a") { label } ... @defer(label: "a") { id } } }',
      'query ($l: String) { wallets { ... @defer(label: $l) { label } } }',
    ])
      expect((await post(world.url, text)).body.errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ]);
  });
});

describe('a mutation', () => {
  it('runs at its subgraph once, and its payload crosses subgraphs', async () => {
    const before = world.payment.requests.length;
    const { body } = await post(
      world.url,
      'mutation { createPayment(amount: "5.00") { amount { amount } riskAssessment { decision } } }',
      { authorization: world.tokenOf('cus_1') },
    );
    expect(body.data).toEqual({
      createPayment: { amount: { amount: '5.00' }, riskAssessment: { decision: 'APPROVE' } },
    });
    expect(world.payment.requests.slice(before).filter(({ query }) => query.startsWith('mutation'))).toHaveLength(1);
  });
});

describe('service commands', () => {
  it.each([
    ['{ walletFacts(ids: []) { id } }', 'walletFacts'],
    ['mutation { reserveLimits(walletId: "wal_1") }', 'reserveLimits'],
    ['fragment F on WalletFacts { id } { wallets { id } }', 'WalletFacts'],
  ])('are not there for clients: %s', async (query, name) => {
    const before = world.wallet.requests.length;
    const { status, body } = await post(world.url, query);
    expect(status).toBe(400);
    expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    expect(body.errors?.map(({ message }) => message).join()).toContain(name);
    expect(world.wallet.requests).toHaveLength(before);
  });

  it('are not in the schema that clients read', async () => {
    const { body } = await post(world.url, '{ __schema { types { name fields { name } } directives { name } } }');
    const schema = JSON.stringify(body.data);
    expect(schema).toContain('createPayment');
    expect(schema).not.toMatch(/walletFacts|WalletFacts|reserveLimits|join__|_entities|resumable/);
  });
});

describe('tokens', () => {
  it.each([
    ['malformed', 'Bearer nonsense'],
    ['of another scheme', 'Basic YTpi'],
    ['signed by nobody known', 'Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJwYXlncmFwaC1wcm9maWxlIn0.AAAA'],
  ])('%s are refused with 401 and nothing runs', async (_, authorization) => {
    const before = world.wallet.requests.length;
    const answer = await post(world.url, '{ wallets { id } }', { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.body).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(answer.body).not.toHaveProperty('data');
    expect(world.wallet.requests).toHaveLength(before);
  });

  it('that have expired are refused with 401', async () => {
    const authorization = world.tokenOf('cus_1', new Date(Date.now() - 3_600_000));
    expect(await post(world.url, '{ wallets { id } }', { authorization })).toMatchObject({
      status: 401,
      body: { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' } }] },
    });
  });
});

describe('bad requests', () => {
  it.each([
    ['{ wallets {', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($id: ID!) { wallet(id: $id) { id } }', 'BAD_USER_INPUT'],
    ['', 'BAD_REQUEST'],
    ['subscription ($x: Boolean!) { ticks @include(if: $x) }', 'BAD_USER_INPUT'],
    ['subscription { ticks }', 'BAD_REQUEST'],
  ])('are answered with 400 and a code: %j', async (query, code) => {
    const { status, body } = await post(world.url, query);
    expect(status).toBe(400);
    expect(body.errors?.[0]?.extensions).toEqual({ code });
    expect(body).not.toHaveProperty('data');
  });

  it('tell where in the document the error is', async () => {
    expect((await post(world.url, '{\n  nothing\n}')).body.errors).toMatchObject([
      { locations: [{ line: 2, column: 3 }] },
    ]);
  });

  it.each([
    ['something else than JSON', '{', { 'content-type': 'application/json' }, 400],
    [
      'a form, which any web page could send',
      'query={__typename}',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
    ],
    ['plain text, which any web page could send', '{"query":"{__typename}"}', { 'content-type': 'text/plain' }, 415],
    [
      'more than a mebibyte',
      JSON.stringify({ query: ' '.repeat(1 << 20) }),
      { 'content-type': 'application/json' },
      413,
    ],
  ])('of %s are refused', async (_, body, headers, status) => {
    const response = await fetch(world.url, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  it('by hash alone are asked for the operation once, as clients with persisted queries expect', async () => {
    const query = '{ wallets { id } }';
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const send = async (body: object) => {
      const headers = { 'content-type': 'application/json' };
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      return fetch(world.url, { method: 'POST', headers, body: JSON.stringify({ ...body, extensions }) });
    };
    expect(await (await send({})).json()).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    const answer = { data: { wallets: [{ id: 'wal_1' }, { id: 'wal_2' }] } };
    expect(await (await send({ query })).json()).toEqual(answer);
    expect(await (await send({})).json()).toEqual(answer);
  });

  it('that are invalid are answered with 200 to clients of plain JSON, which read errors from the body alone', async () => {
    for (const [accept, expected] of [
      ['application/json', 200],
      ['application/graphql-response+json', 400],
      ['text/html', 406],
    ] as const) {
      const { status, headers, body } = await post(world.url, '{ nothing }', { headers: { accept } });
      expect(status).toBe(expected);
      expect(body.errors).toHaveLength(1);
      expect(headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json; charset=utf-8$/);
    }
  });

  it('by GET are for clients that no web page can make ask', async () => {
    const query = new URLSearchParams({
      query: 'query ($id: ID!) { wallet(id: $id) { label } }',
      variables: '{"id":"wal_1"}',
    });
    expect((await fetch(`${world.url}?${query}`)).status).toBe(400);
    const answer = await fetch(`${world.url}?${query}`, { headers: { 'x-apollo-operation-name': 'Label' } });
    expect(await answer.json()).toEqual({ data: { wallet: { label: 'Everyday' } } });
    const headers = { 'apollo-require-preflight': '1' };
    expect((await fetch(`${world.url}?query={__typename}&variables={`, { headers })).status).toBe(400);
  });

  it.each([
    ['a query that is no text', { query: { kind: 'Document' } }],
    ['variables in a list', { query: '{ __typename }', variables: [] }],
    ['a name that is no text', { query: '{ __typename }', operationName: 1 }],
    ['extensions in a text', { query: '{ __typename }', extensions: '{}' }],
    [
      'a hash of another query',
      { query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: '0' } } },
    ],
    ['a hash of another version', { extensions: { persistedQuery: { version: 2, sha256Hash: '0' } } }],
  ])('with %s are refused', async (_, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(world.url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'BAD_REQUEST' } }],
    });
  });

  it('cannot be mutations over GET', async () => {
    const query = encodeURIComponent('mutation { createPayment(amount: "1") { id } }');
    const response = await fetch(`${world.url}?query=${query}`, { headers: { 'apollo-require-preflight': '1' } });
    expect(response.status).toBe(405);
  });

  it('with a garbled host are refused', async () => {
    const { status } = await new Promise<{ status: number | undefined }>((resolve, reject) => {
      const { port } = new URL(world.url);
      const request = httpRequest({
        port,
        path: '/graphql',
        method: 'POST',
        headers: { host: '[', 'content-type': 'application/json' },
      });
      request.on('response', (response) => resolve({ status: response.resume().statusCode })).on('error', reject);
      request.end('{"query":"{__typename}"}');
    });
    expect(status).toBe(400);
  });
});

describe('browsers', () => {
  const preflight = (origin: string) =>
    fetch(world.url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  it('may call from origins that were allowed', async () => {
    const { headers } = await preflight('https://app.example.com');
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example.com');
  });

  it('may not call from any other', async () => {
    expect((await preflight('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('in production', () => {
  it('the schema is not told', async () => {
    const closed = await startWorld({ production: true });
    try {
      for (const query of [
        '{ __schema { types { name } } }',
        '{ __type(name: "Wallet") { name } }',
        '{ walets { id } }',
      ]) {
        const { status, body } = await post(closed.url, query);
        expect(status).toBe(400);
        expect(JSON.stringify(body)).not.toMatch(/did you mean|wallets/i);
      }
      expect((await post(closed.url, '{ __typename }')).body).toEqual({ data: { __typename: 'Query' } });
      expect(
        (await fetch(closed.url, { method: 'OPTIONS', headers: { origin: 'https://a.example.com' } })).headers.get(
          'access-control-allow-origin',
        ),
      ).toBeNull();
    } finally {
      await closed.stop();
    }
  });
});

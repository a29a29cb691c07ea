import { anonymous } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway } from './gateway.ts';
import { post } from './testing/http.ts';
import { until } from './testing/until.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ subgraphCalls: () => ({ timeoutMs: 1_000 }) });
});
afterEach(() => world.stop());

const page = '{ wallets { label balance { amount } } }';
const unavailable = (service: string, path: (string | number)[]) => ({
  message: `The ${service} service is unavailable.`,
  path,
  extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
});
const balances = [unavailable('ledger', ['wallets', 0, 'balance']), unavailable('ledger', ['wallets', 1, 'balance'])];
const up = { status: 'up', circuit: 'closed' };
const health = async () => {
  const response = await fetch(`${world.origin}/health/ready`);
  return { status: response.status, body: await response.json() };
};

describe('a subgraph that is down', () => {
  it('nulls its own fields alone, with an error for each place that names neither host nor stack', async () => {
    await world.ledger.crash();
    const { status, body } = await post(world.url, page);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        wallets: [
          { label: 'Everyday', balance: null },
          { label: 'Savings', balance: null },
        ],
      },
      errors: balances,
    });
  });

  it('that owns root fields gets an error for each, under the client’s names', async () => {
    await world.wallet.crash();
    const { body } = await post(
      world.url,
      '{ a: wallet(id: "wal_1") { id } b: wallet(id: "wal_2") { id } payment(id: "pay_1") { id } }',
    );
    expect(body.data).toEqual({ a: null, b: null, payment: { id: 'pay_1' } });
    expect(body.errors).toEqual([unavailable('wallet', ['a']), unavailable('wallet', ['b'])]);
  });

  it('that was promised never to be null nulls the parent', async () => {
    await world.risk.crash();
    const { body } = await post(
      world.url,
      '{ payment(id: "pay_1") { id certainAssessment { decision } } wallet(id: "wal_1") { label } }',
    );
    expect(body.data).toEqual({ payment: null, wallet: { label: 'Everyday' } });
    expect(body.errors).toEqual([unavailable('risk', ['payment', 'certainAssessment'])]);
  });

  it('is used again as soon as it is back', async () => {
    await world.ledger.crash();
    expect((await post(world.url, page)).body.errors).toHaveLength(2);
    await world.ledger.restart();
    expect((await post(world.url, page)).body).toEqual({
      data: {
        wallets: [
          { label: 'Everyday', balance: { amount: '100.00' } },
          { label: 'Savings', balance: { amount: '100.00' } },
        ],
      },
    });
  });

  it('shows in readiness without failing it, until it is back', async () => {
    expect(await health()).toEqual({
      status: 200,
      body: { status: 'ready', dependencies: { wallet: up, ledger: up, payment: up, risk: up } },
    });
    await world.ledger.crash();
    await post(world.url, page);
    const down = { status: 'down', why: expect.stringMatching(/^[A-Z_]+$/) };
    expect(await health()).toMatchObject({
      status: 200,
      body: { status: 'degraded', dependencies: { ledger: down, wallet: up } },
    });
    await world.ledger.restart();
    await post(world.url, page);
    expect(await health()).toMatchObject({ body: { status: 'ready', dependencies: { ledger: up } } });
  });
});

describe('a subgraph that misbehaves', () => {
  it.each([
    ['text instead of JSON', { status: 200, body: '<html>' }],
    ['JSON instead of GraphQL', { status: 200, body: '[1, 2]' }],
    ['neither data nor errors', { status: 200, body: '{}' }],
    ['a list for data', { status: 200, body: '{"data":[]}' }],
    ['errors that are none', { status: 500, body: '{"errors":["secret-host:5432"]}' }],
    ['a proxy’s error', { status: 502, body: 'Bad Gateway: ledger.internal' }],
  ])('by answering %s counts as unavailable', async (_, behaviour) => {
    world.ledger.behave(behaviour);
    const { body } = await post(world.url, page);
    expect(body.data?.wallets).toMatchObject([{ label: 'Everyday', balance: null }, {}]);
    expect(body.errors).toEqual(balances);
  });

  it('by not answering is given up on in time', async () => {
    world.ledger.behave('never');
    const started = Date.now();
    expect((await post(world.url, page)).body.errors).toEqual(balances);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  it('is not seen by another caller, and neither is the gateway slower for it', async () => {
    world.ledger.behave('never');
    const slow = post(world.url, page);
    expect((await post(world.url, '{ wallets { label } }')).body.errors).toBeUndefined();
    await slow;
  });
});

describe('errors that a subgraph answers', () => {
  const answerWith = (...errors: object[]) =>
    world.ledger.behave({
      status: 200,
      body: JSON.stringify({ data: { _entities: [{ balance: null }, { balance: null }] }, errors }),
    });

  it('pass with message, code and details when they are meant for clients, at the client’s path', async () => {
    answerWith({
      message: 'Not yours',
      path: ['_entities', 1, 'balance'],
      extensions: { code: 'FORBIDDEN', hint: 'ask' },
    });
    expect((await post(world.url, page)).body.errors).toEqual([
      { message: 'Not yours', path: ['wallets', 1, 'balance'], extensions: { code: 'FORBIDDEN', hint: 'ask' } },
    ]);
  });

  it.each([
    { code: 'INTERNAL_SERVER_ERROR', stacktrace: ['at /srv/ledger.ts'] },
    { code: 'GRAPHQL_VALIDATION_FAILED' },
    { code: 'DATABASE_DOWN' },
    {},
  ])('are masked otherwise, and logged under the same request id: %j', async (extensions) => {
    answerWith({ message: 'password authentication failed', path: ['_entities', 0, 'balance'], extensions });
    const { body, headers } = await post(world.url, page);
    expect(body.errors).toEqual([
      {
        message: 'Something went wrong',
        path: ['wallets', 0, 'balance'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: headers.get('x-request-id') },
      },
    ]);
    const line = world.logs.find((each) => each.includes('password authentication failed'));
    expect(line).toContain(headers.get('x-request-id'));
  });

  it('are logged with who asked for what, and nothing of what they sent with it', async () => {
    answerWith({ message: 'password authentication failed', path: ['_entities', 0, 'balance'] });
    const query = 'query Rename($id: ID!) { wallet(id: $id) { balance { amount } } }';
    const variables = { id: 'wal_1', unused: 'hunter2' };
    const { headers } = await post(world.url, query, { variables, authorization: world.tokenOf('cus_7') });
    const line = world.logs.find((each) => each.includes('password authentication failed'));
    const requestId = headers.get('x-request-id');
    expect(JSON.parse(line ?? '{}')).toMatchObject({ requestId, principal: 'cus_7', operation: 'Rename' });
    expect(world.logs.join('')).not.toMatch(/wal_1|hunter2/);
  });
});

describe('starting and stopping', () => {
  it('starts with every subgraph down, and serves each as it comes up', async () => {
    const { wallet, ledger, payment, risk } = world;
    await Promise.all([wallet, ledger, payment, risk].map((subgraph) => subgraph.crash()));
    expect((await post(world.url, '{ __typename wallet(id: "wal_1") { label } }')).body).toMatchObject({
      data: { __typename: 'Query', wallet: null },
    });
    expect(await health()).toMatchObject({ status: 200, body: { dependencies: { wallet: { status: 'down' } } } });
    await wallet.restart();
    await until(async () =>
      expect((await post(world.url, '{ wallet(id: "wal_1") { label } }')).body).toEqual({
        data: { wallet: { label: 'Everyday' } },
      }),
    );
  });

  it('may be stopped before it has served', async () => {
    const gateway = createGateway({
      supergraphSdl: world.supergraphSdl,
      authenticate: async () => anonymous,
      logger: createLogger({ service: 'gateway', level: 'silent' }),
    });
    await gateway.stop();
  });

  it('lives as long as it answers, and stops once however often it is asked', async () => {
    expect((await fetch(`${world.origin}/health/live`)).status).toBe(200);
    await Promise.all([world.gateway.stop(), world.gateway.stop()]);
    await expect(fetch(`${world.origin}/health/live`)).rejects.toThrow();
  });
});

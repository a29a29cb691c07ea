import { createHash } from 'node:crypto';
import { type Authenticate, anonymous, type CustomerPrincipal } from '@paygraph/auth';
import { createChannel, post, transports, until } from '@paygraph/gateway/testing';
import { newId } from '@paygraph/ids';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Federation, useFederation } from '../federation/support/federation.ts';

const [paymentId, walletId] = [newId('pay'), newId('wal')];
const payment = { id: paymentId, amount: 5, score: 7, wallet: { id: walletId } };
const wallet = { id: walletId, label: 'Everyday', pin: '1234' };
const steps = createChannel<{ sequence: number; note: string }>();

const withScopes = (...scopes: string[]): CustomerPrincipal => ({
  ...{ kind: 'customer', id: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'] },
  scopes: new Set(scopes),
  expiresAt: new Date('2100-01-01T00:00:00Z'),
});
const callers = new Map([
  ['Bearer customer', withScopes('own')],
  ['Bearer staff', withScopes('own', 'staff')],
]);
const authenticate: Authenticate = async (authorization) => callers.get(authorization ?? '') ?? anonymous;

const graph: Federation<'payment' | 'wallet' | 'risk'> = useFederation(
  {
    payment: {
      sdl: `
        type Query { payment: Payment @requiresScopes(scopes: [["own"]])  payments: [Payment!]!  party: Party  items: [Item!]! }
        union Item = Payment | Wallet
        type Mutation { pay: Payment @requiresScopes(scopes: [["own"]])  audit: String @requiresScopes(scopes: [["staff"]]) }
        type Subscription { steps: Step @authenticated  audits: Step @requiresScopes(scopes: [["staff"]]) }
        type Step { sequence: Int!  note: String @requiresScopes(scopes: [["staff"]])  payment: Payment }
        interface Node { id: ID! }
        interface Party { name: String }
        type Shop implements Party { name: String }
        type Person implements Party { name: String @authenticated }
        type Payment implements Node @key(fields: "id") { id: ID!  amount: Int  wallet: Wallet }
        type Wallet @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: {
        Query: {
          payment: () => payment,
          payments: () => [payment, payment],
          items: () => [
            { __typename: 'Wallet', ...payment.wallet },
            { __typename: 'Payment', ...payment },
          ],
          party: () => ({ __typename: 'Shop', name: 'Corner' }),
        },
        Mutation: { pay: () => payment, audit: () => 'audited' },
        Subscription: {
          steps: { subscribe: () => steps.listen(steps.published), resolve: (step) => step },
          audits: { subscribe: () => steps.listen(steps.published), resolve: (step) => step },
        },
        Step: { payment: () => payment },
        Payment: { reference: () => payment },
      },
    },
    wallet: {
      sdl: `
        interface Node { id: ID! }
        type Wallet implements Node @key(fields: "id") {
          id: ID!
          label: String
          pin: String @requiresScopes(scopes: [["staff"]])
        }`,
      resolvers: { Wallet: { reference: () => wallet } },
    },
    risk: {
      sdl: `type Payment @key(fields: "id") { id: ID!  score: Int! @requiresScopes(scopes: [["staff"]]) }`,
      resolvers: { Payment: { reference: () => payment } },
    },
  },
  { authenticate },
);

/** Every way to a field that is for staff. What a customer gets of each is null. */
const ways: readonly [way: string, query: string][] = [
  ['a field', '{ payments { id wallet { label pin } } }'],
  ['an alias', '{ payments { id wallet { label: pin } } }'],
  ['the alias of a field that is open', '{ payments { wallet { id: pin label } } }'],
  ['an inline fragment', '{ payments { wallet { label ... { pin } ... on Wallet { pin } } } }'],
  ['a fragment', '{ payments { wallet { label ...W } } } fragment W on Wallet { pin }'],
  [
    'fragments in fragments',
    '{ ...Q } fragment Q on Query { payments { wallet { id ...W } } } fragment W on Wallet { pin }',
  ],
  ['an interface', `{ node(id: "${walletId}") { id ... on Wallet { pin } } }`],
  ['an interface in an interface', `{ node(id: "${walletId}") { ... on Node { id ... on Wallet { pin } } } }`],
  ['a list of nodes', `{ nodes(ids: ["${walletId}", "${paymentId}"]) { id ... on Wallet { pin } } }`],
  ['entities joined from others', `{ node(id: "${paymentId}") { id ... on Payment { wallet { id pin } } } }`],
  ['a union', '{ items { __typename ... on Payment { id } ... on Wallet { label pin } } }'],
  ['a condition', '{ payments { wallet { label pin @include(if: true) } } }'],
  ['a mutation', 'mutation { pay { id wallet { label pin } } }'],
];

describe('what is for staff is asked of no subgraph for a customer, by', () => {
  it.each(ways)('%s', async (_way, query) => {
    const { status, body } = await post(graph.url, query, { authorization: 'Bearer customer' });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain('1234');
    expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE']);
    expect(
      graph
        .asked('wallet')
        .map((request) => request.query)
        .join(),
    ).not.toContain('pin');

    const toStaff = await post(graph.url, query, { authorization: 'Bearer staff' });
    expect(JSON.stringify(toStaff.body)).toContain('1234');
    expect(toStaff.body.errors).toBeUndefined();
  });

  it('an operation that is sent by its hash, whoever has sent it first', async () => {
    const query = '{ payments { amount score } }';
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const send = async (authorization: string, text?: string) => {
      const body = JSON.stringify({ query: text, extensions: { persistedQuery: { version: 1, sha256Hash } } });
      const headers = { 'content-type': 'application/json', authorization };
      return (await fetch(graph.url, { method: 'POST', headers, body })).json();
    };
    const seen = { data: { payments: [1, 2].map(() => ({ amount: 5, score: 7 })) } };
    expect(await send('Bearer staff', query)).toEqual(seen);
    expect(await send('Bearer customer')).toMatchObject({ data: null, errors: [{ path: ['payments', '@', 'score'] }] });
    expect(await send('nobody')).toMatchObject({ data: null, errors: [{ path: ['payments', '@', 'score'] }] });
    expect(await send('Bearer staff')).toEqual(seen);
  });

  it('operations in one request, each judged by itself', async () => {
    const body = JSON.stringify([{ query: '{ payments { wallet { id pin } } }' }, { query: '{ payments { score } }' }]);
    const headers = { 'content-type': 'application/json', authorization: 'Bearer customer' };
    const answer = await fetch(graph.url, { method: 'POST', headers, body });
    expect(await answer.text()).not.toMatch(/1234|"score":7/);
    expect(graph.asked('risk')).toEqual([]);
  });

  it('an operation that is sent as a GET', async () => {
    const url = `${graph.url}?query=${encodeURIComponent('{ payments { wallet { id pin } } }')}`;
    const headers = { 'apollo-require-preflight': 'yes', authorization: 'Bearer customer' };
    expect(await (await fetch(url, { headers })).json()).toMatchObject({
      errors: [{ path: ['payments', '@', 'wallet', 'pin'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }],
    });
  });

  it('what is deferred', async () => {
    const query = '{ payments { id ... @defer { amount score } } }';
    const headers = { accept: 'multipart/mixed;deferSpec=20220824', authorization: 'Bearer customer' };
    const response = await fetch(graph.url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await response.text()).toContain('UNAUTHORIZED_FIELD_OR_TYPE');
    expect(graph.asked('risk')).toEqual([]);
  });
});

describe('a mutation that the caller may not run', () => {
  it('reaches no subgraph, whatever is around it', async () => {
    for (const query of [
      'mutation { audit }',
      'mutation { a: audit b: audit }',
      'mutation { ...M } fragment M on Mutation { audit }',
    ])
      expect((await post(graph.url, query, { authorization: 'Bearer customer' })).body.errors).not.toEqual([]);
    expect((await post(graph.url, 'mutation { pay { id } }')).body).toEqual({
      data: { pay: null },
      errors: [expect.objectContaining({ path: ['pay'] })],
    });
    expect(graph.asked('payment')).toEqual([]);
  });

  it('does not keep those beside it from running', async () => {
    const { body } = await post(graph.url, 'mutation { audit pay { id } }', { authorization: 'Bearer customer' });
    expect(body.data).toEqual({ audit: null, pay: { id: paymentId } });
    expect(graph.asked('payment').map(({ query }) => query)).toEqual([expect.not.stringContaining('audit')]);
  });
});

it('an interface shows to strangers what is open on all of its types', async () => {
  expect((await graph.ask('{ party { __typename name } }')).data).toEqual({
    party: { __typename: 'Shop', name: null },
  });
  expect((await graph.ask('{ party { ... on Shop { name } } }')).data).toEqual({ party: { name: 'Corner' } });
});

describe.each(transports)('a subscription over $name', ({ subscribe }) => {
  beforeEach(() => {
    if (steps.published.length === 0) steps.publish({ sequence: 1, note: 'for staff' });
  });
  const refusalsOf = (watched: ReturnType<typeof subscribe>) => JSON.stringify([watched.results, watched.end()]);

  it('tells with each event what its caller may not see, and asks no subgraph for it', async () => {
    const query = 'subscription { steps { sequence note payment { id wallet { label pin } } } }';
    const customer = subscribe(graph.url, { query }, 'Bearer customer');
    await until(() => expect(customer.results).toHaveLength(1));
    expect(customer.results[0]).toMatchObject({
      data: { steps: { sequence: 1, note: null, payment: { wallet: { label: 'Everyday', pin: null } } } },
      errors: [{ path: ['steps', 'note'] }, { path: ['steps', 'payment', 'wallet', 'pin'] }],
    });
    expect(
      graph
        .asked('wallet')
        .map((request) => request.query)
        .join(),
    ).not.toContain('pin');
    const staff = subscribe(graph.url, { query }, 'Bearer staff');
    await until(() => expect(staff.results).toHaveLength(1));
    expect(staff.results[0]?.data).toMatchObject({
      steps: { note: 'for staff', payment: { wallet: { pin: '1234' } } },
    });
    customer.leave();
    staff.leave();
  });

  it('is refused and never opened when nothing of it is left', async () => {
    const customer = subscribe(graph.url, { query: 'subscription { audits { sequence } }' }, 'Bearer customer');
    await until(() => expect(customer.end()).not.toBe('open'));
    expect(refusalsOf(customer)).toContain('UNAUTHORIZED_FIELD_OR_TYPE');
    expect(graph.asked('payment')).toEqual([]);
    customer.leave();
  });

  it('is for nobody without a token', async () => {
    const stranger = subscribe(graph.url, { query: 'subscription { steps { sequence } }' });
    await until(() => expect(stranger.end()).not.toBe('open'));
    expect(stranger.results.some(({ data }) => data?.steps)).toBe(false);
    expect(graph.asked('payment')).toEqual([]);
    stranger.leave();
  });
});

import type { Principal } from '@paygraph/auth';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LocalGraph, localGraph } from '../testing/local-graph.ts';

const payment = (id: unknown) => ({ id, amount: 5, payer: { id: `payer of ${id}` } });

let graph: LocalGraph;
beforeEach(() => {
  graph = localGraph({
    payment: {
      sdl: `
        type Query { payment: Payment  payments: [Payment!]!  party: Party }
        type Mutation { pay: Payment  count: Int! }
        type Payment @key(fields: "id") { id: ID!  amount(in: String): Int  payer: Wallet }
        type Wallet @key(fields: "id", resolvable: false) { id: ID! }
        union Party = Person | Shop
        type Person { name: String! }
        type Shop { address: String! }`,
      resolvers: {
        Query: {
          payment: () => payment('pay_1'),
          payments: () => [payment('pay_1'), payment('pay_2')],
          party: () => ({ __typename: 'Shop', address: 'Corner' }),
        },
        Mutation: { pay: () => payment('pay_3'), count: () => 1 },
        Payment: { reference: ({ id }) => payment(id) },
      },
    },
    wallet: {
      sdl: 'type Wallet @key(fields: "id") { id: ID!  label: String  secret: String! }',
      resolvers: {
        Wallet: {
          reference: (it) => it,
          label: ({ id }) => `wallet of ${id}`,
          secret: () => {
            throw Object.assign(new Error('not yours'), { extensions: { code: 'FORBIDDEN' } });
          },
        },
      },
    },
    risk: {
      sdl: 'type Payment @key(fields: "id") { id: ID!  score: Int }',
      resolvers: { Payment: { reference: (it) => it, score: () => 7 } },
    },
  });
});

describe('what is deferred', () => {
  it('tells operators with its last part what all of it has cost', async () => {
    const operator: Principal = {
      ...{ kind: 'customer', id: 'cus_1', sessionId: 'ses_1', roles: ['OPERATOR'], scopes: new Set() },
      expiresAt: new Date(8.64e15),
    };
    const query = '{ payments { id ... @defer { payer { id } } } }';
    const parts = await graph.askInParts(query, {}, operator);
    expect(parts[0]).not.toHaveProperty('extensions');
    expect(parts.at(-1)).toMatchObject({ hasNext: false, extensions: { cost: { estimated: 20, actual: 4 } } });
    for (const part of await graph.askInParts(query)) expect(part).not.toHaveProperty('extensions');
  });

  it('comes after the rest, under the client’s names, once for each object of a list', async () => {
    const query = '{ p: payments { id ... @defer(label: "risk") { s: score eur: amount(in: "EUR") } } }';
    expect(await graph.askInParts(query)).toEqual([
      { data: { p: [{ id: 'pay_1' }, { id: 'pay_2' }] }, hasNext: true },
      {
        incremental: [
          { data: { s: 7, eur: 5 }, path: ['p', 0], label: 'risk' },
          { data: { s: 7, eur: 5 }, path: ['p', 1], label: 'risk' },
        ],
        hasNext: false,
      },
    ]);
  });

  it('may hold what is deferred again', async () => {
    const query = `{ payment { ...A @defer(label: "a") } }
      fragment A on Payment { score it: payer { id ... @defer { label } } }`;
    expect(await graph.askInParts(query)).toEqual([
      { data: { payment: {} }, hasNext: true },
      {
        incremental: [{ data: { score: 7, it: { id: 'payer of pay_1' } }, path: ['payment'], label: 'a' }],
        hasNext: true,
      },
      { incremental: [{ data: { label: 'wallet of payer of pay_1' }, path: ['payment', 'it'] }], hasNext: false },
    ]);
  });

  it('may be root fields, and fragments that occur twice', async () => {
    const query = `{ ... @defer { payment { amount } } payments { payer { ...L @defer } } }
      fragment L on Wallet { label }`;
    const [first, ...more] = await graph.askInParts(query);
    expect(first).toEqual({ data: { payments: [{ payer: {} }, { payer: {} }] }, hasNext: true });
    expect(more.flatMap((part) => (part as { incremental: { path: unknown }[] }).incremental)).toEqual(
      expect.arrayContaining([
        { data: { payment: { amount: 5 } }, path: [] },
        { data: { label: 'wallet of payer of pay_1' }, path: ['payments', 0, 'payer'] },
        { data: { label: 'wallet of payer of pay_2' }, path: ['payments', 1, 'payer'] },
      ]),
    );
    expect(more.at(-1)).toMatchObject({ hasNext: false });
  });

  it('brings errors with it, at their places; null goes no further than what is deferred', async () => {
    const [first, ...more] = await graph.askInParts(
      '{ payment { amount payer { id ... @defer { label it: secret } ... @defer { l: label } } ... @defer { score } } }',
    );
    expect(first).toEqual({ data: { payment: { amount: 5, payer: { id: 'payer of pay_1' } } }, hasNext: true });
    const parts = more.flatMap((part) => (part as { incremental: { path: unknown; errors?: unknown }[] }).incremental);
    expect(parts).toContainEqual({ data: { l: 'wallet of payer of pay_1' }, path: ['payment', 'payer'] });
    expect(parts.filter((part) => part.errors)).toHaveLength(1);
    expect(parts.find((part) => part.errors)).toEqual({
      data: null,
      path: ['payment', 'payer'],
      errors: [{ message: 'not yours', path: ['payment', 'payer', 'it'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('says so when its subgraph is down, and the rest has come already', async () => {
    graph.down.add('risk');
    expect(await graph.askInParts('{ payment { amount ... @defer { s: score } } }')).toEqual([
      { data: { payment: { amount: 5 } }, hasNext: true },
      {
        incremental: [
          {
            data: { s: null },
            path: ['payment'],
            errors: [
              {
                message: 'The risk service is unavailable.',
                path: ['payment', 's'],
                extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
              },
            ],
          },
        ],
        hasNext: false,
      },
    ]);
  });

  it('is not sent for objects of another type than a fragment around it or on the way to it is on', async () => {
    expect(
      await graph.askInParts(
        '{ party { ... on Shop { s: address ... @defer { a: address } } ... on Person { n: name ... @defer { name } } } }',
      ),
    ).toEqual([
      { data: { party: { s: 'Corner' } }, hasNext: true },
      { incremental: [{ data: { a: 'Corner' }, path: ['party'] }], hasNext: false },
    ]);
  });

  it('is not sent for objects of another type, nor for such as are null', async () => {
    expect(
      await graph.askInParts('{ party { ... on Person @defer { name } ... on Shop @defer { address } } }'),
    ).toEqual([
      { data: { party: {} }, hasNext: true },
      { incremental: [{ data: { address: 'Corner' }, path: ['party'] }], hasNext: false },
    ]);
    graph.down.add('payment');
    const parts = await graph.askInParts('{ payment { amount ... @defer { score } } }');
    expect(parts).toMatchObject([{ data: { payment: null }, hasNext: true }, { hasNext: false }]);
    expect(parts[1]).not.toHaveProperty('incremental');
  });

  it('is decided by a variable, and comes at once to who does not take parts', async () => {
    const query = 'query ($later: Boolean!) { payment { amount ... @defer(if: $later) { score } } }';
    const whole = { data: { payment: { amount: 5, score: 7 } } };
    expect(await graph.askInParts(query, { later: false })).toEqual([whole]);
    expect(await graph.askInParts(query, { later: true })).toHaveLength(2);
    expect(await graph.ask(query, { later: true })).toEqual(whole);
  });

  it('leaves the effects of a mutation in their order', async () => {
    expect(await graph.askInParts('mutation { ... @defer { count } pay { amount ... @defer { score } } }')).toEqual([
      { data: { count: 1, pay: { amount: 5 } }, hasNext: true },
      { incremental: [{ data: { score: 7 }, path: ['pay'] }], hasNext: false },
    ]);
  });
});

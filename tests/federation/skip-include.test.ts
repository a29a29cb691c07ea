import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const federation = useFederation({
  wallets: {
    sdl: `
      type Query { wallet: Wallet!  wallets: [Wallet!]! }
      type Wallet @key(fields: "id") { id: ID! label: String! currency: String! }`,
    resolvers: {
      Query: { wallet: () => ({ id: 'wal_1' }), wallets: () => [{ id: 'wal_1' }, { id: 'wal_2' }] },
      Wallet: { reference: ({ id }) => ({ id }), label: ({ id }) => `label of ${id}`, currency: () => 'USD' },
    },
  },
  ledger: {
    sdl: `
      type Wallet @key(fields: "id") {
        id: ID! balance: String! currency: String! @external value: String! @requires(fields: "currency")
      }`,
    resolvers: { Wallet: { balance: ({ id }) => `balance of ${id}`, value: ({ currency }) => `in ${currency}` } },
  },
});

const label = 'label of wal_1';
const balance = 'balance of wal_1';

/** Every combination of two conditions. */
const both = [true, false].flatMap((a) => [true, false].map((b) => ({ a, b })));

describe('a field that is left out', () => {
  it.each([
    ['{ wallet { label balance @skip(if: true) } }', { label }],
    ['{ wallet { label balance @include(if: false) } }', { label }],
    ['{ wallet { label @skip(if: true) ... on Wallet @include(if: false) { balance } } }', {}],
    ['{ wallet { label ...B @skip(if: true) } } fragment B on Wallet { balance }', { label }],
  ])('for good is not fetched: %s', async (query, wallet) => {
    expect(await federation.ask(query)).toEqual({ data: { wallet } });
    expect(federation.asked('ledger')).toEqual([]);
  });

  it('with everything else of its subgraph saves the call', async () => {
    const query = 'query ($with: Boolean!) { wallet { label balance @include(if: $with) } }';
    expect(await federation.ask(query, { variables: { with: false } })).toEqual({ data: { wallet: { label } } });
    expect(federation.asked('ledger')).toEqual([]);
    expect(await federation.ask(query, { variables: { with: true } })).toEqual({
      data: { wallet: { label, balance } },
    });
    expect(federation.asked('ledger')).toHaveLength(1);
  });

  it('at the root saves everything', async () => {
    const query = 'query ($with: Boolean!) { wallet @include(if: $with) { balance } }';
    expect(await federation.ask(query, { variables: { with: false } })).toEqual({ data: {} });
    expect(federation.asked('wallets')).toEqual([]);
  });
});

describe('conditions by variables hold', () => {
  it.each(both)('on one field together: skip $a, include $b', async ({ a, b }) => {
    const query = 'query ($a: Boolean!, $b: Boolean!) { wallet { id balance @skip(if: $a) @include(if: $b) } }';
    expect(await federation.ask(query, { variables: { a, b } })).toEqual({
      data: { wallet: { id: 'wal_1', ...(!a && b && { balance }) } },
    });
  });

  it.each(both)('on fields inside of fragments: include $a, then $b', async ({ a, b }) => {
    const query = `query ($a: Boolean!, $b: Boolean!) {
      wallet { ... on Wallet @include(if: $a) { label ...B @include(if: $b) } }
    } fragment B on Wallet { balance value @skip(if: $a) }`;
    expect(await federation.ask(query, { variables: { a, b } })).toEqual({
      data: { wallet: { ...(a && { label }), ...(a && b && { balance }) } },
    });
  });

  it.each(both)('when one selection has it and another has not: $a, $b', async ({ a, b }) => {
    const query = `query ($a: Boolean!, $b: Boolean!) {
      wallet @include(if: $a) { balance } wallet @include(if: $b) { label } wallets { balance @include(if: $a) }
    }`;
    const wallet = { ...(a && { balance }), ...(b && { label }) };
    expect(await federation.ask(query, { variables: { a, b } })).toEqual({
      data: {
        ...((a || b) && { wallet }),
        wallets: [a ? { balance } : {}, a ? { balance: 'balance of wal_2' } : {}],
      },
    });
  });

  it.each([true, false])('when what is required is left out of the answer: %s', async (skip) => {
    const query = 'query ($skip: Boolean!) { wallet { currency @skip(if: $skip) value } }';
    expect(await federation.ask(query, { variables: { skip } })).toEqual({
      data: { wallet: { ...(!skip && { currency: 'USD' }), value: 'in USD' } },
    });
  });

  it('with their defaults', async () => {
    const query = 'query ($skip: Boolean = true) { wallet { id balance @skip(if: $skip) } }';
    expect(await federation.ask(query)).toEqual({ data: { wallet: { id: 'wal_1' } } });
    expect(await federation.ask(query, { variables: { skip: false } })).toEqual({
      data: { wallet: { id: 'wal_1', balance } },
    });
  });

  it('on `__typename`', async () => {
    const query = 'query ($a: Boolean!) { __typename @skip(if: $a) wallet { __typename @include(if: $a) id } }';
    expect(await federation.ask(query, { variables: { a: true } })).toEqual({
      data: { wallet: { __typename: 'Wallet', id: 'wal_1' } },
    });
    expect(await federation.ask(query, { variables: { a: false } })).toEqual({
      data: { __typename: 'Query', wallet: { id: 'wal_1' } },
    });
  });
});

it('only variables that a call uses go with it', async () => {
  const query = 'query ($a: Boolean!, $b: Boolean!) { wallet { label @include(if: $a) balance @include(if: $b) } }';
  await federation.ask(query, { variables: { a: true, b: true } });
  expect(federation.asked('wallets')[0]?.variables).not.toHaveProperty('b');
});

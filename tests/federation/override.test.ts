import { createGateway } from '@paygraph/gateway';
import { createLogger } from '@paygraph/service';
import { expect, it } from 'vitest';
import { composed, useFederation } from './support/federation.ts';

const federation = useFederation({
  old: {
    sdl: `
      type Query { wallets: [Wallet!]!  rates: String! }
      type Wallet @key(fields: "id") { id: ID! label: String! balance: String! currency: String! holder: String! }`,
    resolvers: {
      Query: { wallets: () => [{ id: 'wal_1' }, { id: 'wal_2' }], rates: () => 'rates of old' },
      Wallet: {
        reference: ({ id }) => ({ id }),
        label: ({ id }) => `label of ${id}`,
        balance: () => 'balance of old',
        currency: () => 'USD',
        holder: () => 'holder of old',
      },
    },
  },
  ledger: {
    sdl: `
      type Query { rates: String! @override(from: "old") }
      type Wallet @key(fields: "id") {
        id: ID!
        balance: String! @override(from: "old")
        currency: String! @external
        holder: String! @override(from: "old") @requires(fields: "currency")
      }`,
    resolvers: {
      Query: { rates: () => 'rates of ledger' },
      Wallet: { balance: ({ id }) => `balance of ${id}`, holder: ({ currency }) => `holder of ${currency}` },
    },
  },
  statements: {
    sdl: `
      type Wallet @key(fields: "id") {
        id: ID!
        balance: String! @external
        statement: String! @requires(fields: "balance")
      }`,
    resolvers: { Wallet: { statement: ({ balance }) => `statement over ${balance}` } },
  },
});

it('a field that has moved is asked of its new owner alone', async () => {
  expect(await federation.ask('{ wallets { label balance } }')).toEqual({
    data: {
      wallets: [
        { label: 'label of wal_1', balance: 'balance of wal_1' },
        { label: 'label of wal_2', balance: 'balance of wal_2' },
      ],
    },
  });
  expect(federation.asked('old').map(({ query }) => query)).not.toContainEqual(expect.stringContaining('balance'));
});

it('a root field that has moved is asked of its new owner alone', async () => {
  expect(await federation.ask('{ rates }')).toEqual({ data: { rates: 'rates of ledger' } });
  expect(federation.asked('old')).toEqual([]);
});

it('a field that has moved may require others of where it was', async () => {
  expect(await federation.ask('{ wallets { holder } }')).toEqual({
    data: { wallets: [{ holder: 'holder of USD' }, { holder: 'holder of USD' }] },
  });
});

it('who requires a field that has moved gets that of its new owner', async () => {
  expect(await federation.ask('{ wallets { statement } }')).toEqual({
    data: {
      wallets: [{ statement: 'statement over balance of wal_1' }, { statement: 'statement over balance of wal_2' }],
    },
  });
});

it.each(['percent(50)', 'percent(100)', 'beta'])(
  'a field that moves by and by (%s) is refused when the supergraph is loaded, and not answered by either',
  async (label) => {
    const override = `@override(from: "old", label: "${label}")`;
    const supergraphSdl = composed({
      old: 'type Query { rates: String wallet: Wallet } type Wallet @key(fields: "id") { id: ID! balance: String }',
      ledger: `
        type Query { rates: String ${override} }
        type Wallet @key(fields: "id") { id: ID! balance: String ${override} }`,
    });
    const refused = '@override with a label is not supported; take the label from: Query.rates, Wallet.balance';
    const authenticate = () => Promise.reject(new Error('Nobody asks'));
    const logger = createLogger({ service: 'gateway', level: 'silent' });
    expect(() => createGateway({ supergraphSdl, authenticate, logger })).toThrow(refused);
    await expect(federation.gateway.reload(supergraphSdl)).rejects.toThrow(refused);
  },
);

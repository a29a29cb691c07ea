import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const federation = useFederation({
  wallet: {
    sdl: `
      type Query @shareable { platform: Platform!  wallet: Wallet! }
      type Platform @shareable { name: String! region: String! }
      type Wallet @key(fields: "id") { id: ID! label: String! limit: Money! status: String! @shareable }
      type Money @shareable { amount: String! currency: String! }
      enum Status { ACTIVE FROZEN }
      input Filter { label: String status: Status }
      extend type Query { wallets(filter: Filter): [Wallet!]! @shareable }`,
    resolvers: {
      Query: {
        platform: () => ({ name: 'Paygraph', region: 'eu' }),
        wallet: () => ({ id: 'wal_1' }),
        wallets: (_query, { filter }) => [{ id: JSON.stringify(filter) }],
      },
      Wallet: {
        reference: ({ id }) => ({ id }),
        label: () => 'Everyday',
        limit: () => ({ amount: '5', currency: 'USD' }),
        status: () => 'ACTIVE',
      },
    },
  },
  ledger: {
    sdl: `
      type Query @shareable { platform: Platform!  wallet: Wallet! }
      type Platform @shareable { name: String! region: String! }
      type Wallet @key(fields: "id") { id: ID! balance: Money! status: String! @shareable }
      type Money @shareable { amount: String! currency: String! }
      enum Status { ACTIVE FROZEN CLOSED }
      input Filter { label: String currency: String status: Status }
      extend type Query { wallets(filter: Filter): [Wallet!]! @shareable }`,
    resolvers: {
      Query: {
        platform: () => ({ name: 'Paygraph', region: 'eu' }),
        wallet: () => ({ id: 'wal_1' }),
        wallets: (_query, { filter }) => [{ id: JSON.stringify(filter) }],
      },
      Wallet: {
        reference: ({ id }) => ({ id }),
        balance: () => ({ amount: '7', currency: 'USD' }),
        status: () => 'ACTIVE',
      },
    },
  },
});

const requests = () => federation.asked('wallet').length + federation.asked('ledger').length;

describe('what several subgraphs can answer', () => {
  it('is asked of one of them', async () => {
    expect(await federation.ask('{ platform { name region } }')).toEqual({
      data: { platform: { name: 'Paygraph', region: 'eu' } },
    });
    expect(requests()).toBe(1);
  });

  it('is asked of the one that is asked anyway', async () => {
    expect(await federation.ask('{ wallet { id status balance { amount } } }')).toEqual({
      data: { wallet: { id: 'wal_1', status: 'ACTIVE', balance: { amount: '7' } } },
    });
    expect(requests()).toBe(1);
    expect(federation.asked('wallet')).toEqual([]);
  });

  it('does not stand in the way of what only one can answer', async () => {
    expect(await federation.ask('{ wallet { label balance { amount currency } limit { amount } } }')).toEqual({
      data: { wallet: { label: 'Everyday', balance: { amount: '7', currency: 'USD' }, limit: { amount: '5' } } },
    });
  });
});

describe('of inputs that differ between subgraphs, clients may give', () => {
  it('the fields that all know', async () => {
    const query = 'query ($filter: Filter) { wallets(filter: $filter) { id } }';
    const filter = { label: 'x', status: 'FROZEN' };
    const { data } = await federation.ask(query, { variables: { filter } });
    const given = JSON.stringify(filter);
    expect(data).toEqual({ wallets: [{ id: given }] });
  });

  it.each([
    ['no field that only one knows', { currency: 'USD' }],
    ['no enum value that only one knows', { status: 'CLOSED' }],
  ])('%s', async (_, filter) => {
    const query = 'query ($filter: Filter) { wallets(filter: $filter) { id } }';
    const { errors } = await federation.ask(query, { variables: { filter } });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(requests()).toBe(0);
  });
});

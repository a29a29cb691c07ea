import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const federation = useFederation({
  payments: {
    sdl: `
      type Query { payments: [Payment!]!  refunds: [Refund!]!  payment: Payment! }
      type Payment @key(fields: "id") { id: ID! payer: Wallet! payee: Wallet! refunds: [Refund!]! }
      type Refund { id: ID! wallet: Wallet! }
      type Wallet @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Query: {
        payments: () => Array.from({ length: 60 }, (_, i) => ({ id: `pay_${i}` })),
        payment: () => ({ id: 'pay_1' }),
        refunds: () => [{ id: 'ref_1', wallet: { id: 'wal_1' } }],
      },
      Payment: {
        payer: () => ({ id: 'wal_1' }),
        payee: ({ id }) => ({ id: `wal_${Number(String(id).slice(4)) % 3}` }),
        refunds: ({ id }) => [{ id: `ref of ${id}`, wallet: { id: 'wal_2' } }],
      },
    },
  },
  wallets: {
    sdl: `
      type Query { wallets: [Wallet!]!  fees: String! }
      type Wallet @key(fields: "id") { id: ID! label: String! owner: Customer! }
      type Customer @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Query: { wallets: () => [{ id: 'wal_0' }, { id: 'wal_1' }], fees: () => 'none' },
      Wallet: {
        reference: ({ id }) => ({ id }),
        label: ({ id }) => `label of ${id}`,
        owner: ({ id }) => ({ id: id === 'wal_2' ? 'cus_2' : 'cus_1' }),
      },
    },
  },
  profile: {
    sdl: 'type Customer @key(fields: "id") { id: ID! name: String! email(masked: Boolean = false): String! }',
    resolvers: { Customer: { name: ({ id }) => `name of ${id}`, email: ({ id }, { masked }) => `${id} ${masked}` } },
  },
  ledger: {
    sdl: 'type Wallet @key(fields: "id") { id: ID! balance: String! }',
    resolvers: { Wallet: { balance: ({ id }) => `balance of ${id}` } },
  },
});

const ids = (representations: readonly unknown[][]) =>
  representations.map((each) => each.map((one) => (one as { id: string }).id).sort());

describe('an entity that stands in many places', () => {
  it('is asked for once', async () => {
    const { data } = await federation.ask('{ payments { payer { balance } } }');
    expect(data?.payments).toHaveLength(60);
    expect(data?.payments).toContainEqual({ payer: { balance: 'balance of wal_1' } });
    expect(ids(federation.represented('ledger'))).toEqual([['wal_1']]);
  });

  it('is right in every one of them', async () => {
    const { data } = await federation.ask('{ payments { id payee { id balance } } }');
    const payees = Array.from({ length: 60 }, (_, i) => ({ id: `wal_${i % 3}`, balance: `balance of wal_${i % 3}` }));
    expect(data).toEqual({ payments: payees.map((payee, i) => ({ id: `pay_${i}`, payee })) });
    expect(ids(federation.represented('ledger'))).toEqual([['wal_0', 'wal_1', 'wal_2']]);
  });

  it('is itself each time, not one object that all share', async () => {
    const { data } = await federation.ask('{ payments { payer { id label } payee { label owner { name } } } }');
    expect(data?.payments).toContainEqual({
      payer: { id: 'wal_1', label: 'label of wal_1' },
      payee: { label: 'label of wal_1', owner: { name: 'name of cus_1' } },
    });
  });
});

describe('what one subgraph is asked at the same time for several places', () => {
  it('goes in one request', async () => {
    const query = '{ payments { payer { balance } payee { balance } refunds { wallet { balance } } } }';
    const { errors } = await federation.ask(query);
    expect(errors).toBeUndefined();
    expect(federation.asked('ledger')).toHaveLength(1);
  });

  it('goes in one request with other fields in each place', async () => {
    const query =
      '{ payment { payer { owner { name } } payee { label owner { email } } refunds { wallet { label } } } }';
    expect(await federation.ask(query)).toEqual({
      data: {
        payment: {
          payer: { owner: { name: 'name of cus_1' } },
          payee: { label: 'label of wal_1', owner: { email: 'cus_1 false' } },
          refunds: [{ wallet: { label: 'label of wal_2' } }],
        },
      },
    });
    expect(federation.asked('wallets')).toHaveLength(1);
    expect(federation.asked('profile')).toHaveLength(1);
  });

  it('goes in one request with other arguments in each place', async () => {
    const query = `query ($masked: Boolean) { payment {
      payer { owner { email(masked: true) } } payee { owner { email(masked: $masked) } }
    } }`;
    expect(await federation.ask(query, { variables: { masked: false } })).toEqual({
      data: { payment: { payer: { owner: { email: 'cus_1 true' } }, payee: { owner: { email: 'cus_1 false' } } } },
    });
    expect(federation.asked('profile')).toHaveLength(1);
  });

  it('fails in every place if it fails', async () => {
    federation.subgraphs.ledger.behave({ status: 500, body: 'at /srv/ledger/secret.js' });
    try {
      const { data, errors } = await federation.ask('{ payment { id payee { id } } wallets { id label } }');
      expect(errors).toBeUndefined();
      expect(data).toBeTruthy();
      const failed = await federation.ask('{ payments { payer { balance } } refunds { wallet { balance } } }');
      expect(failed.data).toBeNull();
      expect(failed.errors?.length).toBeGreaterThan(0);
    } finally {
      federation.subgraphs.ledger.behave('well');
    }
  });
});

it('independent root fields are asked at the same time, each subgraph once', async () => {
  const query = '{ payments { id } refunds { id } wallets { label } fees }';
  const { errors } = await federation.ask(query);
  expect(errors).toBeUndefined();
  expect(federation.asked('payments')).toHaveLength(1);
  expect(federation.asked('wallets')).toHaveLength(1);
});

it('nobody is asked for what the gateway knows by itself', async () => {
  expect(await federation.ask('{ __typename __type(name: "Wallet") { name } }')).toEqual({
    data: { __typename: 'Query', __type: { name: 'Wallet' } },
  });
  for (const name of ['payments', 'wallets', 'profile', 'ledger'] as const) expect(federation.asked(name)).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const federation = useFederation({
  payments: {
    sdl: `
      type Query { payment: Payment  sure: Payment!  payments: [Payment]  sures: [Payment!]  grid: [[Payment]!]! }
      type Payment @key(fields: "id") { id: ID! payee: Customer wallet: Wallet note: String broken: String! }
      type Customer @key(fields: "id") { id: ID! }
      type Wallet @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: {
        payment: () => ({ id: 'pay_1' }),
        sure: () => ({ id: 'pay_1' }),
        payments: () => [{ id: 'pay_1' }, null, { id: 'pay_bad' }, { id: 'pay_2' }],
        sures: () => [{ id: 'pay_1' }, { id: 'pay_bad' }],
        grid: () => [[{ id: 'pay_1' }, null], [], [{ id: 'pay_bad' }, { id: 'pay_2' }]],
      },
      Payment: {
        payee: ({ id }) => (id === 'pay_2' ? null : { id: 'cus_1' }),
        wallet: ({ id }) => ({ id: id === 'pay_2' ? 'wal_unknown' : 'wal_1' }),
        broken: () => null,
      },
    },
  },
  risk: {
    sdl: 'type Payment @key(fields: "id") { id: ID! score: Int! hint: String  detail: Detail } type Detail { reason: String! rule: String }',
    resolvers: {
      Payment: {
        reference: ({ id }) => ({ id }),
        score: ({ id }) => (id === 'pay_bad' ? null : 7),
        hint: () => null,
        detail: ({ id }) => (id === 'pay_bad' ? { reason: null, rule: 'r' } : { reason: 'r' }),
      },
    },
  },
  profile: {
    sdl: 'type Customer @key(fields: "id") { id: ID! name: String! tags: [String!]! limits: [Int] }',
    resolvers: { Customer: { name: () => 'Ama', tags: () => ['a', 'b'], limits: () => [1, null, 3] } },
  },
  wallets: {
    sdl: 'type Wallet @key(fields: "id") { id: ID! label: String! balance: String }',
    resolvers: {
      Wallet: { reference: ({ id }) => (id === 'wal_1' ? { id, label: 'Everyday', balance: null } : null) },
    },
  },
});

const paths = (errors: readonly { path?: readonly (string | number)[] | undefined }[] | undefined) =>
  (errors ?? []).map(({ path }) => path?.join('.'));

describe('null where it may be', () => {
  it('is no error, in whatever subgraph', async () => {
    expect(await federation.ask('{ payment { note hint } }')).toEqual({
      data: { payment: { note: null, hint: null } },
    });
  });

  it('in lists stays where it is', async () => {
    expect(await federation.ask('{ payment { payee { name tags limits } } }')).toEqual({
      data: { payment: { payee: { name: 'Ama', tags: ['a', 'b'], limits: [1, null, 3] } } },
    });
  });

  it('in place of an entity is not sent anywhere', async () => {
    expect((await federation.ask('{ payments { payee { name } } }')).data).toEqual({
      payments: [{ payee: { name: 'Ama' } }, null, { payee: { name: 'Ama' } }, { payee: null }],
    });
    expect(federation.represented('profile').flat()).not.toContain(null);
  });

  it('is what an entity is that its subgraph does not know', async () => {
    const { data } = await federation.ask('{ payments { id wallet { id balance } } }');
    expect(data?.payments).toMatchObject([
      { wallet: { id: 'wal_1', balance: null } },
      null,
      {},
      { wallet: { balance: null } },
    ]);
  });
});

describe('null where it may not be', () => {
  it('within one subgraph takes its parent with it', async () => {
    const { data, errors } = await federation.ask('{ payment { id broken } }');
    expect(data).toEqual({ payment: null });
    expect(paths(errors)).toEqual(['payment.broken']);
  });

  it('across subgraphs takes its parent with it and leaves its siblings', async () => {
    const { data, errors } = await federation.ask('{ payments { id score } }');
    expect(data).toEqual({ payments: [{ id: 'pay_1', score: 7 }, null, null, { id: 'pay_2', score: 7 }] });
    expect(paths(errors)).toEqual(['payments.2.score']);
  });

  it('goes up to the first that may be null', async () => {
    const { data, errors } = await federation.ask('{ sures { score } payment { id } }');
    expect(data).toEqual({ sures: null, payment: { id: 'pay_1' } });
    expect(paths(errors)).toEqual(['sures.1.score']);
  });

  it('goes up to the whole answer if nothing may be null', async () => {
    const { data, errors } = await federation.ask('{ sure { broken } payment { id } }');
    expect(data).toBeNull();
    expect(paths(errors)).toEqual(['sure.broken']);
  });

  it('is found in lists of lists', async () => {
    const { data, errors } = await federation.ask('{ grid { id score } }');
    expect(data).toEqual({
      grid: [[{ id: 'pay_1', score: 7 }, null], [], [null, { id: 'pay_2', score: 7 }]],
    });
    expect(paths(errors)).toEqual(['grid.2.0.score']);
  });

  it('below an object of another subgraph takes that object alone', async () => {
    const { data, errors } = await federation.ask('{ payments { id detail { rule reason } } }');
    expect(data).toEqual({
      payments: [
        { id: 'pay_1', detail: { rule: null, reason: 'r' } },
        null,
        { id: 'pay_bad', detail: null },
        { id: 'pay_2', detail: { rule: null, reason: 'r' } },
      ],
    });
    expect(paths(errors)).toEqual(['payments.2.detail.reason']);
  });

  it('under an alias is told by the alias', async () => {
    const { data, errors } = await federation.ask('{ all: payments { n: id points: score } }');
    const one = { n: 'pay_1', points: 7 };
    expect(data).toEqual({ all: [one, null, null, { ...one, n: 'pay_2' }] });
    expect(paths(errors)).toEqual(['all.2.points']);
  });

  it('of an entity that its subgraph does not know is an error at the field', async () => {
    const { data, errors } = await federation.ask('{ payments { wallet { label } } }');
    expect(data?.payments).toEqual([
      { wallet: { label: 'Everyday' } },
      null,
      { wallet: { label: 'Everyday' } },
      { wallet: null },
    ]);
    expect(paths(errors)).toEqual(['payments.3.wallet.label']);
  });
});

describe('a subgraph that breaks its word', () => {
  it.each([
    ['null where it promised a value', { payment: { __typename: 'Payment', id: null } }],
    ['nothing at all where it promised a value', { payment: { __typename: 'Payment' } }],
    ['an object where it promised a scalar', { payment: { __typename: 'Payment', id: { a: 1 } } }],
    ['a list where it promised an object', { payment: [] }],
    ['a scalar where it promised an object', { payment: 'x' }],
  ])('by %s does not break that of the graph', async (_, data) => {
    federation.subgraphs.payments.behave({ status: 200, body: JSON.stringify({ data }) });
    try {
      const answer = await federation.ask('{ payment { id } }');
      expect(answer.data).toEqual({ payment: null });
      expect(answer.errors).toHaveLength(1);
      expect(answer.errors?.[0]?.path?.[0]).toBe('payment');
    } finally {
      federation.subgraphs.payments.behave('well');
    }
  });
});

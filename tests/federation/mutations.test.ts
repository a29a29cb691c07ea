import { beforeEach, describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

/** What was done, in the order in which it was begun and ended. */
const done: string[] = [];
beforeEach(() => {
  done.length = 0;
});

/** Takes as long as the gateway needs for something else: whatever it does at the same time has begun by then. */
async function act(what: string): Promise<string> {
  done.push(`begin ${what}`);
  await federation.ask('{ wallets { id } }');
  done.push(`end ${what}`);
  return what;
}

const federation = useFederation({
  wallets: {
    sdl: `
      type Query { wallets: [Wallet!]! }
      type Mutation { rename(label: String!): Wallet!  close: Wallet }
      type Wallet @key(fields: "id") { id: ID! label: String! }`,
    resolvers: {
      Query: { wallets: () => [] },
      Mutation: {
        rename: async (_mutation, { label }) => ({ id: 'wal_1', label: await act(`rename ${label}`) }),
        close: () => {
          done.push('refuse to close');
          throw Object.assign(new Error('It is not empty'), { extensions: { code: 'BAD_USER_INPUT' } });
        },
      },
      Wallet: { reference: ({ id }) => ({ id }) },
    },
  },
  ledger: {
    sdl: `
      type Mutation { post(amount: String!): Entry! }
      type Entry { amount: String! wallet: Wallet! }
      type Wallet @key(fields: "id") { id: ID! balance: String! }`,
    resolvers: {
      Mutation: {
        post: async (_mutation, { amount }) => ({ amount: await act(`post ${amount}`), wallet: { id: 'wal_1' } }),
      },
      Wallet: { balance: ({ id }) => `balance of ${id} after ${done.at(-1)}` },
    },
  },
});

describe('mutations', () => {
  it('of several subgraphs run one after the other, in the order of the operation', async () => {
    const query =
      'mutation { a: post(amount: "1") { amount } b: rename(label: "x") { label } c: post(amount: "2") { amount } }';
    expect(await federation.ask(query)).toEqual({
      data: { a: { amount: 'post 1' }, b: { label: 'rename x' }, c: { amount: 'post 2' } },
    });
    expect(done).toEqual(['post 1', 'rename x', 'post 2'].flatMap((what) => [`begin ${what}`, `end ${what}`]));
  });

  it('of one subgraph that follow each other go in one request', async () => {
    const query = 'mutation { a: post(amount: "1") { amount } b: post(amount: "2") { amount } }';
    await federation.ask(query);
    expect(federation.asked('ledger')).toHaveLength(1);
    expect(done).toEqual(['begin post 1', 'end post 1', 'begin post 2', 'end post 2']);
  });

  it('tell of other subgraphs what is so afterwards', async () => {
    const query = 'mutation { rename(label: "x") { label balance } }';
    expect(await federation.ask(query)).toEqual({
      data: { rename: { label: 'rename x', balance: 'balance of wal_1 after end rename x' } },
    });
  });

  it('go on after one that failed and may be null', async () => {
    const query = 'mutation { a: post(amount: "1") { amount } close { id } b: rename(label: "y") { label } }';
    const { data, errors } = await federation.ask(query);
    expect(data).toEqual({ a: { amount: 'post 1' }, close: null, b: { label: 'rename y' } });
    expect(errors).toMatchObject([
      { message: 'It is not empty', path: ['close'], extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  it('are done once each, though their subgraph fails', async () => {
    federation.subgraphs.ledger.behave({ status: 503, body: '' });
    try {
      const { data } = await federation.ask('mutation { post(amount: "1") { amount } }');
      expect(data).toBeNull();
      expect(federation.asked('ledger')).toHaveLength(1);
    } finally {
      federation.subgraphs.ledger.behave('well');
    }
  });

  it('that variables leave out are not done', async () => {
    const query =
      'mutation ($do: Boolean!) { a: post(amount: "1") @include(if: $do) { amount } rename(label: "z") { label } }';
    expect(await federation.ask(query, { variables: { do: false } })).toEqual({
      data: { rename: { label: 'rename z' } },
    });
    expect(done).toEqual(['begin rename z', 'end rename z']);
  });

  it('under one name are one mutation, under two are two', async () => {
    await federation.ask(
      'mutation { post(amount: "1") { amount } ... on Mutation { post(amount: "1") { wallet { id } } } }',
    );
    expect(done).toEqual(['begin post 1', 'end post 1']);
    await federation.ask('mutation { a: post(amount: "1") { amount } b: post(amount: "1") { amount } }');
    expect(done).toHaveLength(6);
  });
});

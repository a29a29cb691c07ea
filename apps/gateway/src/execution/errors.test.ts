import { beforeEach, describe, expect, it } from 'vitest';
import { type LocalGraph, localGraph } from '../testing/local-graph.ts';

/** What the subgraphs of this test fail with, by id or field. */
const faults = new Set<string>();

let graph: LocalGraph;
beforeEach(() => {
  faults.clear();
  graph = localGraph({
    payment: {
      sdl: `
        type Query { payments: [Payment!]!  first: Payment }
        type Payment @key(fields: "id") { id: ID!  amount: Int  payer: Wallet  payee: Wallet }
        type Wallet @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: {
        Query: { payments: () => [payment('pay_1'), payment('pay_2')], first: () => payment('pay_1') },
        Payment: {
          reference: ({ id }) => payment(id),
          amount: () => {
            if (faults.has('amount')) throw coded('the amount is secret');
            return 5;
          },
        },
      },
    },
    wallet: {
      sdl: 'type Wallet @key(fields: "id") { id: ID!  owner: String  name: String!  currency: String }',
      resolvers: {
        Wallet: {
          reference: ({ id }) => (faults.has('gone') ? null : { id, currency: 'USD', name: String(id) }),
          owner: ({ id }) => {
            if (faults.has(String(id))) throw coded(`${id} is not yours`);
            return `owner of ${id}`;
          },
          name: ({ id, name }) => (faults.has(`name of ${id}`) ? null : name),
        },
      },
    },
    risk: {
      sdl: `type Payment @key(fields: "id") {
        id: ID!  amount: Int @external  limitOk: Boolean @requires(fields: "amount")  score: Int
      }`,
      resolvers: {
        Payment: { reference: (it) => it, limitOk: ({ amount }) => Number(amount) < 9, score: () => 3 },
      },
    },
  });
});

const payment = (id: unknown) => ({ id, payer: { id: 'wal_1' }, payee: { id: 'wal_2' } });
const coded = (message: string) => Object.assign(new Error(message), { extensions: { code: 'FORBIDDEN' } });
const placesOf = (errors: readonly { path?: readonly (string | number)[] }[] | undefined) =>
  errors?.map(({ path }) => path?.join('.')).sort();

describe('an error of an entity', () => {
  it('stands at each of its places, under each of its names, and nowhere else', async () => {
    faults.add('wal_1');
    const { data, errors } = await graph.ask(
      '{ payments { payer { o: owner p: owner } payee { owner } } it: first { from: payer { currency owner } } }',
    );
    expect(placesOf(errors)).toEqual([
      'it.from.owner',
      'payments.0.payer.o',
      'payments.0.payer.p',
      'payments.1.payer.o',
      'payments.1.payer.p',
    ]);
    expect(errors?.[0]).toMatchObject({ message: 'wal_1 is not yours', extensions: { code: 'FORBIDDEN' } });
    expect(data).toMatchObject({ it: { from: { currency: 'USD', owner: null } } });
  });

  it('that nulls it in its subgraph nulls what holds it, once', async () => {
    faults.add('name of wal_1');
    const { data, errors } = await graph.ask('{ first { amount payer { name owner } payee { name } } }');
    expect(data).toEqual({ first: { amount: 5, payer: null, payee: { name: 'wal_2' } } });
    expect(placesOf(errors)).toEqual(['first.payer.name']);
  });

  it('of a field that only the plan needs stands as far as the client sees, and what needs it is not made up', async () => {
    faults.add('amount');
    const { data, errors } = await graph.ask('{ it: first { limitOk } }');
    expect(data).toEqual({ it: { limitOk: null } });
    expect(placesOf(errors)).toEqual(['it', 'it.limitOk']);
    expect(errors?.map(({ message }) => message)).toEqual(['the amount is secret', 'the amount is secret']);
  });
});

describe('an entity that its subgraph does not know', () => {
  it('has null for what is nullable, without an error', async () => {
    faults.add('gone');
    expect(await graph.ask('{ first { payer { owner currency } } }')).toEqual({
      data: { first: { payer: { owner: null, currency: null } } },
    });
  });

  it('is null where it promised a value, with an error', async () => {
    faults.add('gone');
    const { data, errors } = await graph.ask('{ first { payer { name } } }');
    expect(data).toEqual({ first: { payer: null } });
    expect(errors).toEqual([
      {
        message: 'Something went wrong',
        path: ['first', 'payer', 'name'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'req_1' },
      },
    ]);
  });
});

describe('a subgraph that is out of reach', () => {
  it('is told of at each field that it owes, and at each field that needs one of these', async () => {
    graph.down.add('risk');
    const { data, errors } = await graph.ask('{ payments { id a: limitOk score } }');
    expect(data).toEqual({
      payments: [
        { id: 'pay_1', a: null, score: null },
        { id: 'pay_2', a: null, score: null },
      ],
    });
    expect(placesOf(errors)).toEqual(['payments.0.a', 'payments.0.score', 'payments.1.a', 'payments.1.score']);
    expect(errors?.[0]).toEqual({
      message: 'The risk service is unavailable.',
      path: ['payments', 0, 'a'],
      extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
    });
  });

  it('nulls root fields under the client’s names', async () => {
    graph.down.add('payment');
    const { data, errors } = await graph.ask('{ a: first { id } b: first { amount } }');
    expect(data).toEqual({ a: null, b: null });
    expect(placesOf(errors)).toEqual(['a', 'b']);
  });
});

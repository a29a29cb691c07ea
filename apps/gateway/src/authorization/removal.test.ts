import { anonymous, type Principal } from '@paygraph/auth';
import { describe, expect, it } from 'vitest';
import { person, refused, usePayments } from './payments.fixture.ts';

const payments = usePayments();

describe('a field that the caller may not see', () => {
  it('is null with one error, and what the caller may see is answered', async () => {
    expect(await payments.ask('{ open payment { amount secret } }')).toEqual({
      data: { open: 'open', payment: { amount: 5, secret: null } },
      errors: [refused('payment', 'secret')],
    });
    expect(await payments.ask('{ open payment { amount secret } }', person())).toEqual({
      data: { open: 'open', payment: { amount: 5, secret: 'x' } },
    });
  });

  it('is not asked of any subgraph', async () => {
    await payments.ask('{ open payment { amount secret wallet { label currency pin } } sealed { id } }');
    expect(payments.graph.requests.map(({ subgraph }) => subgraph)).toEqual(['payment', 'wallet']);
    expect(payments.graph.requests.map(({ query }) => query).join()).not.toMatch(/secret|sealed|currency|pin/);
  });

  it('takes with it what holds it where null is not allowed, without a word more', async () => {
    expect(await payments.ask('{ open payment { id strict } }')).toEqual({
      data: { open: 'open', payment: null },
      errors: [refused('payment', 'strict')],
    });
    expect(await payments.ask('{ open required }')).toEqual({ data: null, errors: [refused('required')] });
    expect(await payments.ask('{ open payment { id sure { open hidden } } }')).toEqual({
      data: { open: 'open', payment: null },
      errors: [refused('payment', 'sure', 'hidden')],
    });
  });

  it('has one error however many items the list has in which it stands', async () => {
    const { data, errors } = await payments.ask('{ payments { wallets { id label pin } } }');
    const item = (id: string) => ({ id, label: 'Everyday', pin: null });
    expect(data).toEqual({ payments: [{ wallets: [item('wal_1'), item('wal_2')] }] });
    expect(errors).toEqual([refused('payments', '@', 'wallets', '@', 'pin')]);
    expect(await payments.ask('{ open payments { wallets { id currency } } }')).toEqual({
      data: null,
      errors: [refused('payments', '@', 'wallets', '@', 'currency')],
    });
  });

  it('keeps its alias: each has an error of its own', async () => {
    expect(await payments.ask('{ payment { one: secret two: secret amount: secret n: amount } }')).toEqual({
      data: { payment: { one: null, two: null, amount: null, n: 5 } },
      errors: ['one', 'two', 'amount'].map((name) => refused('payment', name)),
    });
  });

  it('does not count where it is not selected', async () => {
    const source = 'query ($with: Boolean!) { open both @include(if: $with) required @skip(if: true) }';
    expect(await payments.graph.ask(source, { with: false })).toEqual({ data: { open: 'open' } });
    expect(await payments.graph.ask(source, { with: true })).toMatchObject({ errors: [refused('both')] });
    expect(await payments.graph.ask(source, { with: true }, person('c'))).toEqual({
      data: { open: 'open', both: 'both' },
    });
  });

  it('is told in an order that does not depend on what is answered', async () => {
    const { errors } = await payments.ask('{ both payment { secret strict } audit }');
    expect(errors).toEqual([
      refused('both'),
      refused('payment', 'secret'),
      refused('payment', 'strict'),
      refused('audit'),
    ]);
  });
});

describe('nothing is planned', () => {
  it('of what has nothing left in it', async () => {
    expect(await payments.ask('{ payment { secret wallet { pin } } }')).toEqual({
      data: { payment: null },
      errors: [refused('payment', 'secret'), refused('payment', 'wallet', 'pin')],
    });
    expect(payments.graph.requests).toEqual([]);
  });

  it('of a mutation that the caller may not run, nor of one of whose result nothing may be seen', async () => {
    expect(await payments.ask('mutation { pay { id } }', person())).toEqual({
      data: { pay: null },
      errors: [refused('pay')],
    });
    expect(await payments.ask('mutation { pay { strict } }', anonymous)).toEqual({
      data: { pay: null },
      errors: [refused('pay')],
    });
    expect(await payments.ask('mutation { ...P } fragment P on Mutation { pay { id } }')).toMatchObject({
      data: { pay: null },
    });
    expect(payments.graph.requests).toEqual([]);
    expect(await payments.ask('mutation { ping pay { id } again: ping }')).toEqual({
      data: { ping: 'pong', pay: null, again: 'pong' },
      errors: [refused('pay')],
    });
    expect(payments.graph.requests.map(({ query }) => query).join()).not.toContain('pay');
  });

  it('nor charged of what is removed', async () => {
    const costOf = async (source: string, as: Principal = anonymous) => {
      const prepared = await payments.graph.pipeline.prepare({ source }, { ...payments.graph.scope, principal: as });
      return prepared.kind === 'operation' ? prepared.cost : undefined;
    };
    expect(await costOf('{ open sealed { id } payment { id sure { hidden } } }')).toBe(
      await costOf('{ payment { id } }'),
    );
    expect(await costOf('{ sealed { id } }', person())).toBeGreaterThan((await costOf('{ sealed { id } }')) ?? 0);
  });

  it('of an operation that is empty, while what it says of the schema is answered', async () => {
    expect(
      (await payments.ask('{ ...Q __typename __schema { queryType { name } } } fragment Q on Query { both }')).data,
    ).toEqual({
      both: null,
      __typename: 'Query',
      __schema: { queryType: { name: 'Query' } },
    });
    expect(payments.graph.requests).toEqual([]);
  });
});

describe('what the gateway itself fetches', () => {
  it('for a @requires is fetched whatever the client selects, and shown only where it may be seen', async () => {
    expect((await payments.ask('{ payment { score } }', person())).data).toEqual({ payment: { score: 1 } });
    expect((await payments.ask('{ payment { score secret } }', person())).data).toEqual({
      payment: { score: 1, secret: 'x' },
    });
    expect((await payments.ask('{ payment { amount score secret } }')).data).toEqual({
      payment: { amount: 5, score: null, secret: null },
    });
  });
});

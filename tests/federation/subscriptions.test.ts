import { connect, createChannel, until, watch } from '@paygraph/gateway/testing';
import type { Client } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

interface Step {
  readonly sequence: number;
  readonly payment: { readonly id: string } | null;
}

const steps = createChannel<Step>();
const federation = useFederation({
  payments: {
    sdl: `
      type Query { payment(id: ID!): Payment }
      type Subscription { stepped: Step }
      type Step { sequence: Int! payment: Payment }
      type Payment @key(fields: "id") { id: ID! amount: String! fee: String! }`,
    resolvers: {
      Query: { payment: (_query, { id }) => ({ id }) },
      Subscription: { stepped: { subscribe: () => steps.listen(), resolve: (step) => step } },
      Payment: { reference: ({ id }) => ({ id }), amount: ({ id }) => `amount of ${id}`, fee: () => 'fee' },
    },
  },
  risk: {
    sdl: `type Payment @key(fields: "id") {
      id: ID! amount: String! @external limitOk: String! @requires(fields: "amount") score: Int
    }`,
    resolvers: { Payment: { limitOk: ({ amount }) => `limit of ${amount}`, score: () => 7 } },
  },
});

let client: Client;
beforeEach(() => {
  client = connect(federation.url.replace('http', 'ws'));
});
afterEach(() => client.dispose());

async function subscribe(query: string, variables: Record<string, unknown> = {}) {
  const watching = watch(client, { query, variables });
  await until(() => expect(steps.listeners).toBe(1));
  return watching;
}

async function leave({ leave }: ReturnType<typeof watch>) {
  leave();
  await until(() => expect(steps.listeners).toBe(0));
}

const step = (sequence: number, id = 'pay_1'): Step => ({ sequence, payment: { id } });

describe('a subscription', () => {
  it('reaches across subgraphs, requirements included, with every event', async () => {
    const watching = await subscribe('subscription { stepped { sequence payment { limitOk score } } }');
    steps.publish(step(1));
    steps.publish(step(2, 'pay_2'));
    await until(() =>
      expect(watching.results).toEqual([
        { data: { stepped: { sequence: 1, payment: { limitOk: 'limit of amount of pay_1', score: 7 } } } },
        { data: { stepped: { sequence: 2, payment: { limitOk: 'limit of amount of pay_2', score: 7 } } } },
      ]),
    );
    await leave(watching);
  });

  it('cannot be made to forge anything by aliases', async () => {
    const watching = await subscribe('subscription { s: stepped { payment { id: fee amount: id limitOk score } } }');
    steps.publish(step(1));
    await until(() =>
      expect(watching.results).toEqual([
        { data: { s: { payment: { id: 'fee', amount: 'pay_1', limitOk: 'limit of amount of pay_1', score: 7 } } } },
      ]),
    );
    await leave(watching);
  });

  it('obeys conditions', async () => {
    const query =
      'subscription ($a: Boolean!) { stepped { sequence @skip(if: $a) payment { id score @include(if: $a) } } }';
    const watching = await subscribe(query, { a: false });
    steps.publish(step(1));
    await until(() =>
      expect(watching.results).toEqual([{ data: { stepped: { sequence: 1, payment: { id: 'pay_1' } } } }]),
    );
    expect(federation.asked('risk')).toEqual([]);
    await leave(watching);
  });

  it('goes on after an event of which something is null or failed', async () => {
    const watching = await subscribe('subscription { stepped { sequence payment { id score } } }');
    steps.publish({ sequence: 1, payment: null });
    await until(() => expect(watching.results).toEqual([{ data: { stepped: { sequence: 1, payment: null } } }]));
    federation.subgraphs.risk.behave({ status: 500, body: '' });
    steps.publish(step(2));
    await until(() => expect(watching.results).toHaveLength(2));
    federation.subgraphs.risk.behave('well');
    steps.publish(step(3));
    await until(() => expect(watching.results).toHaveLength(3));
    expect(watching.results.slice(1)).toMatchObject([
      {
        data: { stepped: { sequence: 2, payment: { id: 'pay_1', score: null } } },
        errors: [{ path: ['stepped', 'payment', 'score'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
      },
      { data: { stepped: { sequence: 3, payment: { id: 'pay_1', score: 7 } } } },
    ]);
    await leave(watching);
  });

  it('is over when its subgraph says so', async () => {
    const watching = await subscribe('subscription { stepped { sequence } }');
    steps.publish(step(1));
    await until(() => expect(watching.results).toHaveLength(1));
    steps.complete();
    await until(() => expect(watching.end()).toBe('completed'));
  });
});

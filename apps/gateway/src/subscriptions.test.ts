import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from './testing/until.ts';
import { connect, type Operation, type Watch, watch } from './testing/watch.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
let token: string;
beforeEach(async () => {
  world = await startWorld();
  token = world.tokenOf('cus_1');
});
afterEach(() => world.stop());

const crossing = `subscription ($id: ID!, $after: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) {
    sequence
    state
    payment { amount { amount } payer { wallet { label balance { amount } } } riskAssessment { decision } }
  }
}`;
const crossed = (sequence: number, state: string) => ({
  data: {
    paymentStateChanged: {
      sequence,
      state,
      payment: {
        amount: { amount: '12.30' },
        payer: { wallet: { label: 'Everyday', balance: { amount: '100.00' } } },
        riskAssessment: { decision: 'APPROVE' },
      },
    },
  },
});
const subscribe = (operation: Operation, authorization = token): Watch =>
  watch(connect(world.webSocketUrl, authorization), operation);
/** Waits until as many listen at the source as should. */
const listening = (count: number) => until(() => expect(world.steps.listeners).toBe(count));
const received = (subscriber: Watch, count: number) => until(() => expect(subscriber.results).toHaveLength(count));
const ended = (subscriber: Watch) => until(() => expect(subscriber.end()).not.toBe('open'));
const upstream = () => world.payment.sockets;

describe('a subscription across four subgraphs', () => {
  it('delivers every event with the fields of all of them, in order', async () => {
    const subscriber = subscribe({ query: crossing, variables: { id: 'pay_1' } });
    await listening(1);
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    world.steps.publish({ sequence: 2, state: 'CONFIRMED' });
    await received(subscriber, 2);
    expect(subscriber.results).toEqual([crossed(1, 'PENDING'), crossed(2, 'CONFIRMED')]);
  });

  it('tells operators with each event what it has cost, and nobody else', async () => {
    const query = 'subscription { paymentStateChanged(paymentId: "pay_1") { payment { payer { displayName } } } }';
    const operator = subscribe({ query }, world.tokenOf('cus_2', undefined, ['OPERATOR']));
    const customer = subscribe({ query });
    await listening(2);
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    await received(operator, 1);
    await received(customer, 1);
    expect(operator.results[0]?.extensions).toEqual({ cost: { estimated: 3, actual: 3 } });
    expect(customer.results[0]).not.toHaveProperty('extensions');
  });

  it('completes when its source does', async () => {
    const subscriber = subscribe({ query: crossing, variables: { id: 'pay_1' } });
    await listening(1);
    world.steps.publish({ sequence: 1, state: 'CONFIRMED' });
    world.steps.complete();
    await ended(subscriber);
    expect(subscriber.end()).toBe('completed');
    expect(subscriber.results).toEqual([crossed(1, 'CONFIRMED')]);
    await until(() => expect(upstream().size).toBe(0));
  });

  it('reads the other subgraphs anew for each event, under the token of the connection', async () => {
    const subscriber = subscribe({ query: crossing, variables: { id: 'pay_1' } });
    await listening(1);
    for (const sequence of [1, 2, 3]) world.steps.publish({ sequence, state: 'PENDING' });
    await received(subscriber, 3);
    expect(world.risk.requests).toHaveLength(3);
    for (const { requests } of [world.wallet, world.ledger, world.risk])
      expect(requests.map(({ authorization }) => authorization)).toEqual([token, token, token]);
    expect([...upstream()].map(({ authorization }) => authorization)).toEqual([token]);
  });

  it('takes the shape that the client asked for, whatever is fetched beside', async () => {
    const query = `subscription Watch($with: Boolean!, $without: Boolean!) {
      __typename @skip(if: true)
      step: paymentStateChanged(paymentId: "pay_1") { ...Step ... on PaymentStateChange { at: sequence } }
    }
    fragment Step on PaymentStateChange {
      __typename
      resumeCursor: state
      payment @include(if: $with) { kind: __typename risk: riskAssessment { because: reasons(first: 1) } }
      note @skip(if: $without)
    }`;
    const subscriber = subscribe({ query, variables: { with: true, without: true } });
    await listening(1);
    world.steps.publish({ sequence: 7, state: 'PENDING', note: 'hidden' });
    await received(subscriber, 1);
    expect(subscriber.results).toEqual([
      {
        data: {
          step: {
            __typename: 'PaymentStateChange',
            resumeCursor: 'PENDING',
            payment: { kind: 'Payment', risk: { because: ['KNOWN_PAYEE'] } },
            at: 7,
          },
        },
      },
    ]);
  });

  it('gives each subscriber its own answer to one event', async () => {
    const subscribers = ['pay_1', 'pay_2'].map((id) =>
      subscribe({
        query:
          'subscription ($id: ID!) { paymentStateChanged(paymentId: $id) { payment { id payee { wallet { label } } } } }',
        variables: { id },
      }),
    );
    await listening(2);
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    for (const subscriber of subscribers) await received(subscriber, 1);
    expect(subscribers.map(({ results: [first] }) => first?.data)).toEqual([
      { paymentStateChanged: { payment: { id: 'pay_1', payee: { wallet: null } } } },
      { paymentStateChanged: { payment: { id: 'pay_2', payee: { wallet: null } } } },
    ]);
  });
});

describe('conditions at the root of a subscription', () => {
  const conditional = `subscription ($wanted: Boolean!) {
    ... @include(if: $wanted) { ...Root }
    ticks @skip(if: $wanted)
  }
  fragment Root on Subscription { paymentStateChanged(paymentId: "pay_1") @include(if: $wanted) { sequence } }`;

  it('choose the field by their variables', async () => {
    const steps = subscribe({ query: conditional, variables: { wanted: true } });
    const ticks = subscribe({ query: conditional, variables: { wanted: false } });
    await listening(1);
    await until(() => expect(world.ticks.listeners).toBe(1));
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    world.ticks.publish(42);
    await received(steps, 1);
    await received(ticks, 1);
    expect(steps.results).toEqual([{ data: { paymentStateChanged: { sequence: 1 } } }]);
    expect(ticks.results).toEqual([{ data: { ticks: 42 } }]);
  });

  it.each([
    ['leave nothing', 'subscription ($no: Boolean = false) { ticks @include(if: $no) }'],
    ['leave two fields', 'subscription ($no: Boolean = false) { ticks @skip(if: $no) other: ticks }'],
    ['leave only what is about the schema', 'subscription { __typename }'],
  ])('are refused when they %s', async (_, query) => {
    const subscriber = subscribe({ query });
    await ended(subscriber);
    expect(subscriber.end()).toMatchObject({ failed: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
    expect(upstream().size).toBe(0);
  });
});

describe('faults of other subgraphs during a subscription', () => {
  it('null their fields in that event alone', async () => {
    const subscriber = subscribe({ query: crossing, variables: { id: 'pay_1' } });
    await listening(1);
    await world.risk.crash();
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    await received(subscriber, 1);
    expect(subscriber.results[0]).toMatchObject({
      data: {
        paymentStateChanged: {
          sequence: 1,
          payment: { riskAssessment: null, payer: { wallet: { label: 'Everyday' } } },
        },
      },
      errors: [
        { path: ['paymentStateChanged', 'payment', 'riskAssessment'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
      ],
    });
    await world.risk.restart();
    world.steps.publish({ sequence: 2, state: 'CONFIRMED' });
    await received(subscriber, 2);
    expect(subscriber.results[1]).toEqual(crossed(2, 'CONFIRMED'));
  });

  it('null what was promised never to be null, up to the whole event', async () => {
    const query =
      'subscription { paymentStateChanged(paymentId: "pay_1") { sequence payment { certainAssessment { decision } } } }';
    const subscriber = subscribe({ query });
    await listening(1);
    await world.risk.crash();
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    await received(subscriber, 1);
    expect(subscriber.results[0]).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
    });
    expect(subscriber.end()).toBe('open');
  });
});

describe('leaving', () => {
  it('closes the upstream at once, although its source is silent', async () => {
    const subscriber = subscribe({ query: crossing, variables: { id: 'pay_1' } });
    await listening(1);
    subscriber.leave();
    await listening(0);
    await until(() => expect(upstream().size).toBe(0));
  });

  it('by a broken connection closes the upstream too', async () => {
    const socket = new WebSocket(world.webSocketUrl, 'graphql-transport-ws');
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } })),
    );
    socket.on('message', (message) => {
      if (String(message).includes('connection_ack'))
        socket.send(
          JSON.stringify({ type: 'subscribe', id: '1', payload: { query: crossing, variables: { id: 'pay_1' } } }),
        );
    });
    await listening(1);
    socket.terminate();
    await listening(0);
  });

  it('before the upstream has opened leaves nothing behind', async () => {
    for (let round = 0; round < 20; round++) {
      const subscriber = subscribe({ query: crossing, variables: { id: 'pay_1' } });
      if (round % 2 === 0) await Promise.resolve();
      else await new Promise(setImmediate);
      subscriber.leave();
    }
    const last = subscribe({ query: crossing, variables: { id: 'pay_1' } });
    await listening(1);
    last.leave();
    await listening(0);
    await until(() => expect(upstream().size).toBe(0));
  });

  it('ends one subscription of a connection and not the others', async () => {
    const client = connect(world.webSocketUrl, token);
    const [first, second] = ['1', '2'].map(() => watch(client, { query: crossing, variables: { id: 'pay_1' } }));
    await listening(1);
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    await until(() => expect(second?.results).toHaveLength(1));
    await until(() => expect(first?.results).toHaveLength(1));
    first?.leave();
    world.steps.publish({ sequence: 2, state: 'PENDING' });
    await until(() => expect(second?.results).toHaveLength(2));
    expect(first?.results).toHaveLength(1);
    expect(upstream().size).toBe(1);
  });
});

describe('many subscribers', () => {
  it('of different users never share an upstream', async () => {
    const tokens = ['cus_1', 'cus_2', 'cus_3'].map((customer) => world.tokenOf(customer));
    for (const each of tokens) subscribe({ query: crossing, variables: { id: 'pay_1' } }, each);
    await listening(3);
    expect([...upstream()].map(({ authorization }) => authorization).sort()).toEqual([...tokens].sort());
  });

  it('200 at once all get every event, and leave nothing behind', async () => {
    const subscribers = Array.from({ length: 200 }, () => subscribe({ query: crossing, variables: { id: 'pay_1' } }));
    await listening(1);
    for (const sequence of [1, 2, 3]) world.steps.publish({ sequence, state: 'PENDING' });
    await until(() => expect(subscribers.every(({ results }) => results.length === 3)).toBe(true));
    for (const { results } of subscribers)
      expect(results).toEqual([1, 2, 3].map((sequence) => crossed(sequence, 'PENDING')));
    for (const { leave } of subscribers) leave();
    await listening(0);
    await until(() => expect(upstream().size).toBe(0));
  });
});

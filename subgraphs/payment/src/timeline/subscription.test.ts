import { memoryBus } from '@paygraph/events';
import { newId } from '@paygraph/ids';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually, silent } from '../../test/platform.ts';
import { customer, idOf, type Scene, type Service, setScene } from '../../test/scene.ts';
import { createMoves } from '../payment/move.ts';
import { createPayments } from '../payment/store.ts';
import { createHints } from './hints.ts';
import { createSubscriptions } from './subscription.ts';
import { createTimelines } from './timeline.ts';

let scene: Scene;
let service: Service;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start();
  asAma = scene.asAma(service);
});

afterAll(() => scene.stop());

/** A payment that waits for an analyst. */
async function waiting(): Promise<string> {
  scene.risk.decideNext('REVIEW');
  const id = idOf(await asAma.pay(scene.dollars('1')));
  await asAma.paymentIn(id, 'IN_REVIEW');
  scene.risk.decideNext('APPROVE');
  return id;
}

async function confirmed(): Promise<string> {
  const id = idOf(await asAma.pay(scene.dollars('1')));
  await asAma.paymentIn(id, 'CONFIRMED');
  return id;
}

const states = (events: readonly { state: string }[]) => events.map(({ state }) => state);

describe('who watches a payment', () => {
  it('is pushed every step from the first on, in order', async () => {
    const id = idOf(await asAma.pay(scene.dollars('12.30')));
    const watch = asAma.watch(id);
    await watch.seen('CONFIRMED');
    expect(watch.events).toMatchObject([
      { sequence: 1, from: null, state: 'INITIATED', reason: 'REQUESTED', settled: false },
      { sequence: 2, from: 'INITIATED', state: 'VALIDATING', reason: 'CHECKS_STARTED', settled: false },
      { sequence: 3, from: 'VALIDATING', state: 'PENDING', reason: 'CHECKS_PASSED', settled: false },
      { sequence: 4, from: 'PENDING', state: 'PROCESSING', reason: 'EXECUTION_STARTED', settled: false },
      { sequence: 5, from: 'PROCESSING', state: 'CONFIRMED', reason: 'FUNDS_MOVED', settled: true },
    ]);
    await watch.close();
  });

  it('sees with each step the payment as it is at delivery, never older than the step', async () => {
    const id = await waiting();
    const watch = asAma.watch(id);
    await watch.seen('IN_REVIEW');
    expect(states(watch.events.map(({ payment }) => payment))).toEqual(['IN_REVIEW', 'IN_REVIEW', 'IN_REVIEW']);
    await asAma.cancel(id);
    await watch.completed;
    expect(watch.events.at(-1)?.payment.state).toBe('CANCELLED');
  });

  it('is pushed live what another process does', async () => {
    const other = await scene.start();
    const id = await waiting();
    const watch = scene.asAma(other).watch(id, 3);
    await eventually(() => asAma.cancel(id).then(({ payment }) => payment?.state === 'CANCELLED'));
    await watch.completed;
    expect(watch.events).toMatchObject([{ sequence: 4, state: 'CANCELLED' }]);
    await other.stop();
  });

  it('misses nothing of a process that it cannot hear', async () => {
    const deaf = await scene.start({ rereadMs: 30 }, memoryBus());
    const id = await waiting();
    const watch = scene.asAma(deaf).watch(id);
    await watch.seen('IN_REVIEW');
    await asAma.cancel(id);
    await watch.completed;
    expect(watch.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    await deaf.stop();
  });

  it('goes on where it stood', async () => {
    const watch = asAma.watch(await confirmed(), 3);
    await watch.seen('CONFIRMED');
    expect(watch.events.map(({ sequence }) => sequence)).toEqual([4, 5]);
    await watch.close();
  });
});

describe('a subscription', () => {
  it('completes after a terminal step', async () => {
    const id = idOf(await asAma.pay(scene.dollars('5000')));
    const watch = asAma.watch(id);
    await watch.completed;
    expect(states(watch.events)).toEqual(['INITIATED', 'VALIDATING', 'FAILED']);
    expect(watch.errors).toEqual([]);
  });

  it('completes at once when the terminal step was seen before', async () => {
    const id = idOf(await asAma.pay(scene.dollars('5000')));
    const { timeline } = await asAma.paymentIn(id, 'FAILED');
    const watch = asAma.watch(id, timeline.length);
    await watch.completed;
    expect([watch.events, watch.errors]).toEqual([[], []]);
  });

  it('does not complete after CONFIRMED: refunds can follow', async () => {
    const id = await confirmed();
    const watch = asAma.watch(id);
    await watch.seen('CONFIRMED');
    const refunded = `
      WITH moved AS (
        UPDATE payment SET state = 'REFUNDED', sequence = 6 WHERE id = $1 RETURNING id
      )
      INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
      SELECT id, 6, 'CONFIRMED', 'REFUNDED', 'REFUND_SUCCEEDED', 'payment' FROM moved`;
    const client = new pg.Client(scene.database.databaseUrl);
    await client.connect();
    await client.query(refunded, [id]);
    await client.end();
    await scene.bus.publish(`payment.moved.${id}`, '6');
    await watch.completed;
    expect(watch.events.at(-1)).toMatchObject({ sequence: 6, state: 'REFUNDED', settled: true });
  });

  it.each([
    ['below zero', -1],
    ['beyond the latest step', 99],
  ])('is refused for a place %s', async (_name, afterSequence) => {
    const watch = asAma.watch(await confirmed(), afterSequence);
    await watch.completed;
    expect(watch.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: ['afterSequence'] } }]);
  });

  it.each([[newId('pay')], ['pay_1'], ['*']])('is refused for a payment that does not exist: %s', async (id) => {
    const watch = asAma.watch(id);
    await watch.completed;
    expect(watch.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it("is refused for somebody else's payment, in the same words", async () => {
    const stranger = asAma.watch(newId('pay'));
    await stranger.completed;
    const ben = scene.asBen(service).watch(await waiting());
    await ben.completed;
    expect(ben.errors.map(({ message, extensions }) => [message, extensions.code])).toEqual(
      stranger.errors.map(({ message, extensions }) => [message, extensions.code]),
    );
  });

  it('shows the payee the steps from CONFIRMED on', async () => {
    const watch = scene.asBen(service).watch(await confirmed());
    await watch.seen('CONFIRMED');
    expect(watch.events).toMatchObject([{ sequence: 5, state: 'CONFIRMED' }]);
    await watch.close();
  });

  it('sends a client that is too slow away with the place to go on from', async () => {
    const { client, bus } = scene;
    const id = await confirmed();
    const hints = createHints(bus, 'test', silent);
    const subscriptions = createSubscriptions({
      payments: createPayments(client),
      timelines: createTimelines(client),
      hints,
      rereadMs: 15_000,
    });
    const follower = await subscriptions.open(customer(scene.ama, 'payment:read'), id, 4);
    expect(await follower.next()).toMatchObject({ value: { item: { sequence: 5 } } });
    const sixth = follower.next();
    await refund(id, 1);
    expect(await sixth).toMatchObject({ value: { item: { sequence: 6 } } });
    await refund(id, 65);
    await new Promise((resolve) => setImmediate(resolve)); // the bus delivers
    expect(await follower.next()).toMatchObject({ value: { kind: 'resume', after: 6 } });
    expect(await follower.next()).toEqual({ done: true, value: undefined });

    async function refund(paymentId: string, times: number) {
      const moves = createMoves(client, { leaseMs: 0, reviewPollMs: { baseMs: 0 } });
      for (let left = times; left > 0; left -= 1) {
        const [payment] = await createPayments(client).byIds([paymentId]);
        if (payment) hints.moved(await moves.advance([{ payment, to: 'CONFIRMED', reason: 'REFUND_SUCCEEDED' }]));
      }
    }
  });

  it('that nobody reads any more listens no longer', async () => {
    const listening = new Set<string>();
    const bus = memoryBus();
    const counted = {
      ...bus,
      async subscribe(topic: string, listener: (message: string) => void) {
        const stop = await bus.subscribe(topic, listener);
        listening.add(topic);
        return async () => {
          listening.delete(topic);
          await stop();
        };
      },
    };
    const other = await scene.start({}, counted);
    const id = await waiting();
    const watch = scene.asAma(other).watch(id);
    await watch.seen('IN_REVIEW');
    expect([...listening]).toContain(`payment.moved.${id}`);
    await watch.close();
    await eventually(() => !listening.has(`payment.moved.${id}`));
    await other.stop();
  });
});

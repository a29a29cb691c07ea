import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually, silent } from '../../test/platform.ts';
import { customer, idOf, type Scene, type Service, setScene } from '../../test/scene.ts';
import { type Books, createBooks } from '../worker/books.ts';
import { cancelPayment } from './cancel.ts';
import { createEndings } from './ending.ts';
import { createMoves } from './move.ts';
import { createPayments } from './store.ts';

let scene: Scene;
let service: Service;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start();
  asAma = scene.asAma(service);
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

/** What a process needs that calls off and does nothing else. */
const stores = (leaseMs = 60_000) => ({
  payments: createPayments(scene.client),
  moves: createMoves(scene.client, { leaseMs, reviewPollMs: { baseMs: 0 } }),
  endings: createEndings(scene.client, { leaseMs }),
  moved: () => {},
});

/** A payment that waits for an analyst. */
async function waiting(): Promise<string> {
  scene.risk.decideNext('REVIEW');
  const id = idOf(await asAma.pay(scene.dollars('10')));
  await asAma.paymentIn(id, 'IN_REVIEW');
  scene.risk.decideNext('APPROVE');
  return id;
}

describe('a payment that has not been carried out', () => {
  it('is called off by its payer', async () => {
    const id = await waiting();
    const { payment, userErrors } = await asAma.cancel(id);
    expect(userErrors).toEqual([]);
    expect(payment).toMatchObject({ id, state: 'CANCELLED', failure: null });
    expect(payment?.timeline.at(-1)).toMatchObject({
      from: 'IN_REVIEW',
      reason: 'CANCELLED_BY_CUSTOMER',
      settled: true,
    });
  });

  it('is called off by an operator', async () => {
    const { payment } = await scene.asOperator(service).cancel(await waiting());
    expect(payment?.timeline.at(-1)).toMatchObject({ state: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR' });
  });

  it('cannot be called off by anybody else', async () => {
    const id = await waiting();
    const missing = { payment: null, userErrors: [{ code: 'PAYMENT_NOT_FOUND', field: ['input', 'paymentId'] }] };
    expect(await scene.asBen(service).cancel(id)).toMatchObject(missing);
    expect(await asAma.cancel('pay_nothing')).toMatchObject(missing);
    expect((await asAma.payment(id))?.state).toBe('IN_REVIEW');
    await asAma.cancel(id);
  });

  it('stays called off when the analyst approves it later', async () => {
    scene.wallets.misbehave('mute', { operation: 'ReserveLimits', times: 1 });
    const id = await waiting();
    await asAma.cancel(id);
    scene.risk.review(id, 'APPROVE');
    await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('1'))), 'CONFIRMED');
    expect((await asAma.payment(id))?.state).toBe('CANCELLED');
  });
});

describe('a payment that is approved while it is being called off', () => {
  it('is called off, for nobody else writes how it ends once its reservation is being closed', async () => {
    const id = await waiting();
    await eventually(async () => (await scene.client.payment.count({ where: { id, attempts: { gt: 0 } } })) === 1);
    const peers = scene.connectPeers();
    const books = createBooks(peers, silent);
    /** Says that it is closed only when a worker had all the time to find out. */
    const close: Books['close'] = async (reservationIds) => {
      const closings = await books.close(reservationIds);
      scene.risk.review(id, 'APPROVE');
      const other = await waiting();
      scene.risk.review(other, 'APPROVE');
      await asAma.paymentIn(other, 'CONFIRMED');
      return closings;
    };
    const outcome = await cancelPayment({ ...stores(), books: { close } }, customer(scene.ama, 'payment:write'), id);
    expect(outcome).toMatchObject({ kind: 'cancelled', payment: { state: 'CANCELLED' } });
    await Promise.all(Object.values(peers).map((peer) => peer.close()));
  });

  it('is called off by whoever is asked, should the process die that had its reservation closed', async () => {
    const id = await waiting();
    const peers = scene.connectPeers();
    const books = createBooks(peers, silent);
    const close: Books['close'] = async (reservationIds) => {
      await books.close(reservationIds);
      throw new Error('dead');
    };
    const dying = cancelPayment({ ...stores(50), books: { close } }, customer(scene.ama, 'payment:write'), id);
    await expect(dying).rejects.toThrow('dead');
    expect((await asAma.payment(id))?.state).toBe('IN_REVIEW');
    scene.risk.review(id, 'APPROVE');
    const { timeline, failure } = await asAma.paymentIn(id, 'CANCELLED');
    expect(failure).toBeNull();
    expect(timeline.at(-1)).toMatchObject({ from: 'IN_REVIEW', reason: 'CANCELLED_BY_CUSTOMER' });
    const step = { paymentId: id, state: 'CANCELLED', actor: scene.ama } as const;
    expect(await scene.client.paymentStep.count({ where: step })).toBe(1);
    await Promise.all(Object.values(peers).map((peer) => peer.close()));
  });
});

describe('a customer whose cancellation somebody else comes to write', () => {
  it('is told that it is called off, as it is', async () => {
    const id = await waiting();
    const peers = scene.connectPeers();
    const books = createBooks(peers, silent);
    const close: Books['close'] = async (reservationIds) => {
      const closings = await books.close(reservationIds);
      scene.risk.review(id, 'APPROVE');
      await asAma.paymentIn(id, 'CANCELLED');
      return closings;
    };
    const outcome = await cancelPayment({ ...stores(50), books: { close } }, customer(scene.ama, 'payment:write'), id);
    expect(outcome).toMatchObject({ kind: 'cancelled', payment: { id, state: 'CANCELLED' } });
    await Promise.all(Object.values(peers).map((peer) => peer.close()));
  });
});

describe('a payment of which the ledger says nothing', () => {
  it('is called off if nothing has moved', async () => {
    scene.ledger.misbehave('down', { operation: 'Reserve' });
    const id = idOf(await asAma.pay(scene.dollars('10')));
    await eventually(() => scene.ledger.asked.at(-1) === 'Reserve');
    expect((await asAma.cancel(id)).payment?.state).toBe('CANCELLED');
    scene.ledger.behave();
  });

  it('is not called off if its money has moved, and is confirmed', async () => {
    const asked = scene.ledger.asked.length;
    scene.ledger.misbehave('mute', { operation: 'Reserve' });
    const id = idOf(await asAma.pay(scene.dollars('10')));
    await eventually(() => scene.ledger.asked.length > asked + 1);
    expect((await asAma.cancel(id)).userErrors).toMatchObject([{ code: 'NOT_CANCELLABLE' }]);
    scene.ledger.behave();
    await asAma.paymentIn(id, 'CONFIRMED');
  });

  it('is not called off while the ledger cannot be asked', async () => {
    scene.ledger.misbehave('down');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    expect((await asAma.cancel(id)).userErrors).toMatchObject([{ code: 'NOT_CANCELLABLE' }]);
    scene.ledger.behave();
    await asAma.paymentIn(id, 'CONFIRMED');
  });
});

describe('a payment that is past it', () => {
  it('is not called off, and the caller is told where it stands', async () => {
    const id = idOf(await asAma.pay(scene.dollars('1')));
    await asAma.paymentIn(id, 'CONFIRMED');
    expect(await asAma.cancel(id)).toMatchObject({
      payment: null,
      userErrors: [{ code: 'NOT_CANCELLABLE', message: 'The payment has been carried out.' }],
    });
  });

  it('is told as such, too, when it has been called off before', async () => {
    const id = await waiting();
    await asAma.cancel(id);
    expect((await asAma.cancel(id)).userErrors).toMatchObject([{ message: 'The payment has been called off before.' }]);
  });
});

describe('cancelling and carrying out race', () => {
  it('to exactly one winner, and the loser is told', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const id = idOf(await asAma.pay(scene.dollars('1')));
        for (let pause = index % 8; pause > 0; pause -= 1) await asAma.payment(id);
        const { payment, userErrors } = await asAma.cancel(id);
        const { state } = await asAma.paymentIn(id, 'CONFIRMED', 'CANCELLED');
        return { won: payment?.state, lost: userErrors[0]?.code, state };
      }),
    );
    for (const { won, lost, state } of outcomes)
      expect([won, lost]).toEqual(state === 'CANCELLED' ? ['CANCELLED', undefined] : [undefined, 'NOT_CANCELLABLE']);
  });
});

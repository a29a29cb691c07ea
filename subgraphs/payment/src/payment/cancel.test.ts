import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually } from '../../test/platform.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';

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

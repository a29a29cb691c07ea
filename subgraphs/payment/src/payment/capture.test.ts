import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/platform.ts';
import { idOf, type Person, type Scene, type Service, setScene } from '../../test/scene.ts';

const dollars = (amount: string) => ({ amount, currency: 'USD' });

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let service: Service;
let ama: Person;
let ben: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start();
  ama = scene.asAma(service);
  ben = scene.asBen(service);
});

afterEach(async () => {
  expect(await scene.troubles()).toEqual([]);
});

afterAll(() => scene.stop());

const authorize = async (amount: string) => {
  const id = idOf(await ama.pay({ ...scene.dollars(amount), captureMethod: 'MANUAL' }));
  await ama.paymentIn(id, 'PENDING');
  return id;
};
const paid = async (amount: string) => {
  const id = idOf(await ama.pay(scene.dollars(amount)));
  await ama.paymentIn(id, 'CONFIRMED');
  return id;
};

describe('a payment to be captured by hand', () => {
  it('holds its funds and waits', async () => {
    const before = scene.ledger.available(scene.amaUsd);
    const id = await authorize('10.00');
    expect(scene.ledger.available(scene.amaUsd)).toBe(before - 1000n);
    expect(await ben.payment(id)).toBeNull();
    await ama.cancel(id);
    await eventually(() => scene.ledger.available(scene.amaUsd) === before);
  });

  it('is carried out whole, once, however often that is asked for', async () => {
    const before = scene.ledger.posted(scene.benUsd);
    const id = await authorize('10.00');
    const answers = await Promise.all([ama.capture(id, undefined, id), ama.capture(id, undefined, id)]);
    expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], []]);
    await ama.paymentIn(id, 'CONFIRMED');
    expect(scene.ledger.posted(scene.benUsd)).toBe(before + 1000n);
    expect((await ama.capture(id)).userErrors).toMatchObject([{ code: 'NOT_CAPTURABLE' }]);
  });

  it('is carried out in part, the rest released', async () => {
    const before = scene.ledger.available(scene.amaUsd);
    const id = await authorize('10.00');
    const limited = scene.wallets.taken(scene.amaUsd);
    expect((await ama.capture(id, dollars('4.00'))).payment).toMatchObject({ debit: dollars('4.00') });
    await ama.paymentIn(id, 'CONFIRMED');
    expect(scene.ledger.available(scene.amaUsd)).toBe(before - 400n);
    await eventually(() => scene.wallets.taken(scene.amaUsd) === limited - 600n);
  });

  it('across currencies is reckoned again for the part, at the locked rate', async () => {
    const route = scene.dollarsAsEuros('25.00');
    const { quote } = await ama.quote(route);
    const id = idOf(await ama.pay({ ...route, captureMethod: 'MANUAL', ...(quote && { quoteId: quote.id }) }));
    await ama.paymentIn(id, 'PENDING');
    await ama.capture(id, dollars('10.00'));
    const payment = await ama.paymentIn(id, 'CONFIRMED');
    expect(payment).toMatchObject({ debit: dollars('10.25'), credit: { amount: '8.75', currency: 'EUR' } });
  });

  it.each<[string, object, string]>([
    ['more than was agreed', dollars('10.01'), 'AMOUNT_TOO_LARGE'],
    ['nothing', dollars('0.00'), 'AMOUNT_TOO_SMALL'],
    ['another currency', { amount: '1.00', currency: 'EUR' }, 'CURRENCY_MISMATCH'],
  ])('is not captured for %s', async (_what, amount, code) => {
    const id = await authorize('10.00');
    expect((await ama.capture(id, amount as never)).userErrors).toMatchObject([{ code }]);
    expect((await ben.capture(id)).userErrors).toMatchObject([{ code: 'PAYMENT_NOT_FOUND' }]);
    await ama.cancel(id);
  });

  it('captured and cancelled at once has one winner, and the loser is told', async () => {
    for (let round = 0; round < 8; round += 1) {
      const id = await authorize('1.00');
      const [capture, cancel] = await Promise.all([ama.capture(id), ama.cancel(id)]);
      const lost = [...capture.userErrors, ...cancel.userErrors];
      expect(lost).toHaveLength(1);
      const winner = (await ama.paymentIn(id, 'CONFIRMED', 'CANCELLED')).state;
      expect(lost[0]?.code).toBe(winner === 'CANCELLED' ? 'NOT_CAPTURABLE' : 'NOT_CANCELLABLE');
    }
  });
});

describe('a refund', () => {
  it('gives back what the payee was paid, and the payment ends refunded', async () => {
    const before = scene.ledger.posted(scene.benUsd);
    const id = await paid('10.00');
    expect((await ben.refund(id)).refund).toMatchObject({ amount: dollars('10.00') });
    await ama.paymentIn(id, 'REFUNDED');
    expect(await ama.refundsOf(id)).toMatchObject([{ state: 'SUCCEEDED' }]);
    expect(scene.ledger.posted(scene.benUsd)).toBe(before);
  });

  it('of 60 and another of 60 on 100 at once are exactly one', async () => {
    const id = await paid('100.00');
    const answers = await Promise.all([ben.refund(id, dollars('60.00')), ben.refund(id, dollars('60.00'))]);
    expect(answers.filter(({ refund }) => refund !== null)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'EXCEEDS_CAPTURED' }]);
    expect(await ama.refundsOf(id)).toMatchObject([{ state: 'SUCCEEDED', amount: dollars('60.00') }]);
    expect((await ama.payment(id))?.state).toBe('CONFIRMED');
  });

  it('in several parts across currencies brings every leg back to zero', async () => {
    const route = scene.dollarsAsEuros('25.00');
    const { quote } = await ama.quote(route);
    const euros = scene.ledger.posted(scene.benEur);
    const id = idOf(await ama.pay({ ...route, ...(quote && { quoteId: quote.id }) }));
    await ama.paymentIn(id, 'CONFIRMED');
    await Promise.all(['10.00', '7.00', '8.00'].map((amount) => ben.refund(id, dollars(amount))));
    await ama.paymentIn(id, 'REFUNDED');
    expect(scene.ledger.posted(scene.benEur)).toBe(euros);
  });

  it('fails when the payee’s wallet is frozen, and another can be asked for then', async () => {
    const id = await paid('10.00');
    scene.ledger.freeze(scene.benUsd, 'FROZEN_DEBIT');
    await ben.refund(id);
    expect(await ama.refundsOf(id)).toMatchObject([
      { state: 'FAILED', failure: { code: 'WALLET_UNAVAILABLE', message: expect.stringContaining('frozen') } },
    ]);
    scene.ledger.freeze(scene.benUsd, null);
    await ben.refund(id);
    await ama.paymentIn(id, 'REFUNDED');
  });

  it('to a payer whose wallet is frozen goes to suspense, and from there to them', async () => {
    const operator = scene.asOperator(service);
    const id = await paid('10.00');
    const before = scene.ledger.posted(scene.amaUsd);
    scene.ledger.freeze(scene.amaUsd, 'FROZEN_CREDIT');
    await ben.refund(id);
    await ama.paymentIn(id, 'REFUNDED');
    scene.ledger.freeze(scene.amaUsd, null);
    const [item] = await operator.suspense();
    expect(item).toMatchObject({ origin: 'WALLET_UNAVAILABLE', amount: dollars('10.00'), payment: { id } });
    expect((await operator.release(item?.id ?? '', scene.amaUsd)).userErrors).toEqual([]);
    await eventually(() => scene.ledger.posted(scene.amaUsd) === before + 1000n);
    await eventually(async () => (await operator.suspense()).length === 0);
  });

  it('is nobody’s business but the payee’s and staff’s', async () => {
    const id = await paid('1.00');
    expect((await ama.refund(id)).userErrors).toMatchObject([{ code: 'PAYMENT_NOT_FOUND' }]);
    const operator = scene.asOperator(service);
    expect((await operator.refund(id)).userErrors).toEqual([]);
    await ama.paymentIn(id, 'REFUNDED');
    expect((await operator.refund(id)).userErrors).toMatchObject([{ code: 'NOT_REFUNDABLE' }]);
  });
});

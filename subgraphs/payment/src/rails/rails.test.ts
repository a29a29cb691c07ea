import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, refusedBy, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, type Service, setScene } from '../../test/scene.ts';
import type { Prisma } from '../generated/prisma/client.ts';

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const dollars = (amount: string) => ({ amount, currency: 'USD' });

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let service: Service;
let ama: Person;
let operator: Person;
/** `first` is cheaper, so that it is taken first. */
let first: ScriptedRail;
let second: ScriptedRail;

beforeAll(async () => {
  scene = await setScene();
});

beforeEach(async () => {
  // What one test does to a rail's record must not choose the rail of the next.
  await scene.client.railRecord.updateMany({ data: { successRate: 1, latencyMs: 1_000 } });
  first = scriptRail('first', { fee: 1n });
  second = scriptRail('second', { fee: 1_000n });
  service = await scene.start({ rails: testRails }, scene.bus, [first, second]);
  ama = scene.asAma(service);
  operator = scene.asOperator(service);
});

afterEach(async () => {
  try {
    await eventually(async () => (await scene.client.paymentAttempt.count({ where: open })) === 0, 25_000);
    expect(await scene.troubles()).toEqual([]);
  } finally {
    await service.stop();
  }
});

afterAll(() => scene.stop());

const open: Prisma.PaymentAttemptWhereInput = { state: { in: ['CREATED', 'SUBMITTED', 'ACCEPTED'] } };

const payOut = async (amount = '40.00') =>
  idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone, amount: dollars(amount) }));
const collect = async (amount = '100.00') =>
  idOf(await ama.pay({ payer: phone, payeeWalletId: scene.amaUsd, amount: dollars(amount) }));
const attemptsOf = (paymentId: string) =>
  scene.client.paymentAttempt.findMany({ where: { paymentId }, orderBy: { number: 'asc' } });
const called = (rail: ScriptedRail, times = 1) => eventually(() => rail.handedOver.length >= times, 25_000);
const sendWebhook = (content: object, headers: Record<string, string> = { 'x-signature': 'good' }) =>
  fetch(service.url.replace('/graphql', '/webhooks/rails/first'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(content),
  });

describe('a payout', () => {
  it('is shown its price first, and leaves by the rail that scores best, once', async () => {
    first.decideAll(confirmed);
    const route = { payerWalletId: scene.amaUsd, payee: phone, amount: dollars('40.00') };
    const { quote } = await ama.quote(route);
    expect(quote).toMatchObject({ debit: dollars('40.40'), credit: dollars('40.00'), fees: [{ label: 'Payout' }] });
    const id = idOf(await ama.pay({ ...route, ...(quote && { quoteId: quote.id }) }));
    const payment = await ama.paymentIn(id, 'CONFIRMED');
    expect(payment).toMatchObject({ kind: 'PAYOUT', rail: 'first', debit: dollars('40.40') });
    const [attempt] = await attemptsOf(id);
    expect(attempt).toMatchObject({ rail: 'first', state: 'CONFIRMED', number: 1 });
    expect(attempt?.candidates).toMatchObject([{ rail: 'first' }, { rail: 'second' }]);
    expect(first.handedOver.map(({ reference }) => reference)).toEqual([attempt?.reference]);
    expect(second.handedOver).toEqual([]);
  });

  it('is not lost and not repeated when the rail takes it and nobody hears of it', async () => {
    first.decideAll(confirmed);
    first.answers.push({ kind: 'lost' });
    const id = await payOut();
    await ama.paymentIn(id, 'CONFIRMED');
    expect(await attemptsOf(id)).toHaveLength(1);
    expect(second.handedOver).toEqual([]);
    expect(first.asked()).toBeGreaterThan(0);
  });

  it('goes on when every rail was out of order for a while, though nothing else is under way that would find out', async () => {
    for (const rail of [first, second]) {
      rail.answers.push(...Array.from({ length: 8 }, () => ({ kind: 'NOT_SENT', why: 'away' }) as const));
      rail.decideAll(confirmed);
    }
    const id = await payOut();
    await ama.paymentIn(id, 'CONFIRMED');
    expect((await attemptsOf(id)).map(({ state }) => state).filter((state) => state !== 'NOT_SENT')).toEqual([
      'CONFIRMED',
    ]);
  });

  it('is handed over again under the same reference when the rail never saw it', async () => {
    first.decideAll(confirmed);
    first.answers.push({ kind: 'UNKNOWN', why: 'cut off' });
    const id = await payOut();
    await ama.paymentIn(id, 'CONFIRMED');
    expect(new Set(first.handedOver.map(({ reference }) => reference)).size).toBe(1);
    expect(first.handedOver).toHaveLength(2);
    expect(second.handedOver).toEqual([]);
  });

  it('goes to another rail once the first has refused it for a reason of its own', async () => {
    second.decideAll(confirmed);
    first.answers.push(refusedBy('FLOAT_EXHAUSTED'));
    const id = await payOut();
    await ama.paymentIn(id, 'CONFIRMED');
    expect(await attemptsOf(id)).toMatchObject([
      { rail: 'first', state: 'REFUSED', railCode: 'RAIL_FLOAT_EXHAUSTED' },
      { rail: 'second', state: 'CONFIRMED' },
    ]);
    expect(scene.ledger.entriesOf(id)).toContain('CREDIT RAIL_CLEARING USD second 4000');
  });

  it('goes to another rail when the first turns it away at the door again and again', async () => {
    second.decideAll(confirmed);
    const away = { kind: 'NOT_SENT', why: '503' } as const;
    first.answers.push(away, away, away);
    const id = await payOut();
    await ama.paymentIn(id, 'CONFIRMED');
    expect(await attemptsOf(id)).toMatchObject([{ state: 'NOT_SENT' }, { rail: 'second', state: 'CONFIRMED' }]);
  });

  it('fails with the money back in the wallet when there is no such number', async () => {
    first.answers.push(refusedBy('COUNTERPARTY_NOT_FOUND'));
    const before = scene.ledger.available(scene.amaUsd);
    const id = await payOut();
    const payment = await ama.paymentIn(id, 'FAILED');
    expect(payment.failure?.code).toBe('COUNTERPARTY_NOT_FOUND');
    expect(second.handedOver).toEqual([]);
    expect(scene.ledger.available(scene.amaUsd)).toBe(before);
  });

  it('of which the rail says that it moved another amount waits for people, who see why', async () => {
    const amount = { amount: 4_100n, currency: currencyOf('USD') };
    first.decideAll({ kind: 'CONFIRMED', railReference: null, amount, charge: null });
    const id = await payOut();
    await eventually(async () => (await attemptsOf(id))[0]?.railCode === 'AMOUNT_MISMATCH', 25_000);
    const [attempt] = await attemptsOf(id);
    expect(attempt).toMatchObject({ state: 'ACCEPTED', inDoubt: true });
    expect((await ama.payment(id))?.state).toBe('PROCESSING');
    expect(second.handedOver).toEqual([]);
    first.decide(attempt?.reference ?? '', confirmed);
    expect((await operator.retry(id)).userErrors).toEqual([]);
    await ama.paymentIn(id, 'CONFIRMED');
    expect(await attemptsOf(id)).toMatchObject([{ state: 'CONFIRMED', inDoubt: false, railCode: null }]);
  });

  it('that fails while its wallet is frozen leaves the money in suspense for an operator', async () => {
    const id = await payOut();
    await called(first);
    scene.ledger.freeze(scene.amaUsd, 'FROZEN_CREDIT');
    first.decideAll(refusedBy('COUNTERPARTY_UNAVAILABLE'));
    await ama.paymentIn(id, 'FAILED');
    scene.ledger.freeze(scene.amaUsd, null);
    const item = (await operator.suspense()).find(({ payment }) => payment?.id === id);
    expect(item).toMatchObject({ origin: 'WALLET_UNAVAILABLE', state: 'OPEN', amount: dollars('40.40') });
    expect((await operator.release(item?.id ?? '', scene.amaUsd)).item).toMatchObject({ state: 'RELEASING' });
    await eventually(async () => (await operator.suspense()).every(({ id: open }) => open !== item?.id), 25_000);
  });

  it('that comes back after it was confirmed is in the wallet again, without the fee', async () => {
    first.decideAll(confirmed);
    const id = await payOut();
    await ama.paymentIn(id, 'CONFIRMED');
    const before = scene.ledger.available(scene.amaUsd);
    const [attempt] = await attemptsOf(id);
    const money = { amount: '4000', currency: 'USD' };
    const news = { kind: 'RETURNED', railReference: null, railCode: 'AC04', amount: money };
    await sendWebhook([{ kind: 'ATTEMPT', eventId: 'return', reference: attempt?.reference, news }]);
    const payment = await ama.paymentIn(id, 'REFUNDED');
    expect(payment.timeline.at(-1)).toMatchObject({ reason: 'RETURNED_BY_RAIL' });
    expect(scene.ledger.available(scene.amaUsd)).toBe(before + 4000n);
  });
});

describe('a collection', () => {
  it('brings the money into the wallet, the fee taken from it', async () => {
    const before = scene.ledger.available(scene.amaUsd);
    const id = await collect();
    expect(await ama.payment(id)).toMatchObject({ kind: 'COLLECTION', credit: dollars('99.00') });
    await called(first);
    first.decideAll(confirmed);
    await ama.paymentIn(id, 'CONFIRMED');
    expect(scene.ledger.available(scene.amaUsd)).toBe(before + 9900n);
  });

  it('fails when whoever is asked says no', async () => {
    const id = await collect();
    await called(first);
    first.decideAll(refusedBy('COUNTERPARTY_DECLINED'));
    expect((await ama.paymentIn(id, 'FAILED')).failure?.code).toBe('COUNTERPARTY_DECLINED');
  });

  it('that is paid after it was called off goes to suspense, and from there where an operator says', async () => {
    const id = await collect();
    await called(first);
    expect((await ama.cancel(id)).payment).toMatchObject({ state: 'CANCELLED' });
    first.decideAll(confirmed);
    await eventually(async () => (await operator.suspense()).some(({ state }) => state === 'OPEN'), 25_000);
    const item = (await operator.suspense()).find(({ payment }) => payment?.id === id);
    expect(item).toMatchObject({ origin: 'LATE_COLLECTION', amount: dollars('100.00') });
    expect((await ama.payment(id))?.state).toBe('CANCELLED');
    // The last one that is handed over is the one that goes back.
    const before = first.handedOver.length + second.handedOver.length;
    expect((await operator.sendBack(item?.id ?? '')).userErrors).toEqual([]);
    await eventually(() => first.handedOver.length + second.handedOver.length > before, 25_000);
    second.decideAll(confirmed);
    await eventually(async () => (await operator.suspense()).every(({ id: open }) => open !== item?.id), 25_000);
  });

  it('that its rail never saw and nobody wants any more is given up, and goes to suspense if it is paid even so', async () => {
    await service.stop();
    service = await scene.start({ rails: { ...testRails, abandonMs: 1_000 } }, scene.bus, [first, second]);
    [ama, operator] = [scene.asAma(service), scene.asOperator(service)];
    first.answers.push(...Array.from({ length: 10_000 }, () => ({ kind: 'UNKNOWN', why: 'cut off' }) as const));
    const id = await collect();
    await called(first);
    expect((await ama.cancel(id)).payment).toMatchObject({ state: 'CANCELLED' });
    await eventually(async () => (await attemptsOf(id))[0]?.state === 'NOT_SENT', 25_000);
    const [attempt] = await attemptsOf(id);
    const paid = { kind: 'ATTEMPT', eventId: 'late', reference: attempt?.reference, news: confirmed };
    expect((await sendWebhook([paid])).status).toBe(202);
    await eventually(async () => (await operator.suspense()).some(({ payment }) => payment?.id === id), 25_000);
    expect((await ama.payment(id))?.state).toBe('CANCELLED');
  });

  it('is refunded over its rail', async () => {
    first.decideAll(confirmed);
    const id = await collect();
    await ama.paymentIn(id, 'CONFIRMED');
    await ama.refund(id, dollars('60.00'));
    expect(await ama.refundsOf(id)).toMatchObject([{ state: 'SUCCEEDED' }]);
    expect(first.handedOver.at(-1)).toMatchObject({ direction: 'PAYOUT', amount: { amount: 6000n } });
    await ama.refund(id);
    await ama.paymentIn(id, 'REFUNDED');
  });
});

describe('a webhook', () => {
  it('that is signed decides, however often and in whatever order it comes', async () => {
    const id = await payOut();
    await called(first);
    const [attempt] = await attemptsOf(id);
    const reference = attempt?.reference;
    const accepted = { kind: 'ACCEPTED', railReference: 'late' };
    const done = { kind: 'CONFIRMED', railReference: 'rail-9', amount: null, charge: null };
    const event = (eventId: string, news: object) => [{ kind: 'ATTEMPT', eventId, reference, news }];
    const answers = await Promise.all([
      sendWebhook(event('done', done)),
      sendWebhook(event('done', done)),
      sendWebhook(event('accepted', accepted)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    await ama.paymentIn(id, 'CONFIRMED');
    await sendWebhook(event('accepted again', accepted));
    await eventually(
      async () => (await scene.client.railWebhook.count({ where: { processedAt: null } })) === 0,
      25_000,
    );
    expect(await attemptsOf(id)).toMatchObject([{ state: 'CONFIRMED', railReference: 'rail-9' }]);
    first.decide(reference ?? '', confirmed);
  });

  it('that tells late of an acceptance says nothing against a refusal, one of money that has moved does', async () => {
    const id = await payOut();
    await called(first);
    const [attempt] = await attemptsOf(id);
    const { reference = '' } = attempt ?? {};
    const tell = (eventId: string, news: object) => sendWebhook([{ kind: 'ATTEMPT', eventId, reference, news }]);
    const contradictedAt = async () => {
      await eventually(
        async () => (await scene.client.railWebhook.count({ where: { processedAt: null } })) === 0,
        25_000,
      );
      return (await attemptsOf(id))[0]?.contradictedAt;
    };
    first.decide(reference, refusedBy('COUNTERPARTY_DECLINED'));
    await tell('declined', refusedBy('COUNTERPARTY_DECLINED'));
    await ama.paymentIn(id, 'FAILED');
    await tell('accepted before', { kind: 'ACCEPTED', railReference: 'before' });
    expect(await contradictedAt()).toBeNull();
    await tell('moved even so', confirmed);
    expect(await contradictedAt()).toBeInstanceOf(Date);
    await scene.client.paymentAttempt.updateMany({ where: { paymentId: id }, data: { contradictedAt: null } });
  });

  it('that is not signed is only a nudge to ask', async () => {
    const id = await payOut();
    await called(first);
    const [attempt] = await attemptsOf(id);
    first.decide(attempt?.reference ?? '', confirmed);
    expect((await sendWebhook({ nudge: attempt?.reference }, {})).status).toBe(202);
    await ama.paymentIn(id, 'CONFIRMED');
  });

  it('with a wrong signature is refused and leaves nothing behind', async () => {
    const before = await scene.client.railWebhook.count();
    expect((await sendWebhook([], { 'x-signature': 'forged' })).status).toBe(401);
    expect(await scene.client.railWebhook.count()).toBe(before);
  });

  it('that cannot be read holds up none of those behind it', async () => {
    const id = newId('whk');
    await query(
      scene.database.migrationUrl,
      `INSERT INTO rail_webhook (id, rail, method, headers, body, content, next_attempt_at)
      VALUES ($1, 'first', 'POST', '{}', '', '{"kind": "EVENTS", "events": [{"kind": "CREDIT"}]}', now() - interval '1 hour')`,
      [id],
    );
    try {
      await sendWebhook([{ kind: 'ATTEMPT', eventId: 'behind', reference: randomUUID(), news: confirmed }]);
      await eventually(
        async () => (await scene.client.railEvent.count({ where: { eventId: 'behind' } })) === 1,
        25_000,
      );
      expect(await scene.client.railWebhook.findUnique({ where: { id } })).toMatchObject({ processedAt: null });
    } finally {
      await query(scene.database.migrationUrl, 'UPDATE rail_webhook SET processed_at = now() WHERE id = $1', [id]);
    }
  });

  it('of money that nobody asked for leads to suspense, once', async () => {
    const credit = {
      ...{ kind: 'CREDIT', eventId: 'gift', railReference: 'gift-1', remittance: 'for you', senderName: 'Kofi' },
      amount: { amount: '700', currency: 'USD' },
    };
    await Promise.all([sendWebhook([credit]), sendWebhook([{ ...credit, eventId: 'gift again' }])]);
    const gifts = async () => (await operator.suspense()).filter(({ origin }) => origin === 'UNKNOWN_CREDIT');
    await eventually(async () => (await gifts()).some(({ state }) => state === 'OPEN'), 25_000);
    expect(await gifts()).toMatchObject([{ amount: dollars('7.00'), state: 'OPEN', payment: null }]);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, type Service, setScene } from '../../test/scene.ts';

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const dollars = (amount: string) => ({ amount, currency: 'USD' });

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let service: Service;
let rail: ScriptedRail;
let ama: Person;
let operator: Person;

beforeAll(async () => {
  scene = await setScene();
});

beforeEach(async () => {
  rail = scriptRail('first');
  rail.decideAll(confirmed);
  service = await scene.start({ rails: testRails }, scene.bus, [rail]);
  ama = scene.asAma(service);
  operator = scene.asOperator(service);
});

afterEach(async () => {
  try {
    expect(await scene.troubles()).toEqual([]);
  } finally {
    await service.stop();
  }
});

afterAll(() => scene.stop());

/** The latest attempt for a payment, a refund or an item in suspense, once its rail has confirmed it. */
async function confirmedFor(where: { paymentId: string } | { refundId: string } | { suspenseId: string }) {
  const attempt = () => scene.client.paymentAttempt.findFirst({ where: { ...where, state: 'CONFIRMED' } });
  await eventually(async () => (await attempt()) !== null, 25_000);
  return attempt();
}

/** The bank sends back what an attempt carried, so much of it. */
async function sendsBack(attempt: { id: string; reference: string } | null, amount: string, currency = 'USD') {
  const news = { kind: 'RETURNED', railReference: 'back-1', railCode: 'AC04', amount: { amount, currency } };
  const events = [{ kind: 'ATTEMPT', eventId: `back ${attempt?.id}`, reference: attempt?.reference, news }];
  const address = service.url.replace('/graphql', '/webhooks/rails/first');
  await fetch(address, { method: 'POST', headers: { 'x-signature': 'good' }, body: JSON.stringify(events) });
}

/** What lies in suspense because of an attempt, once the books show it. */
async function inSuspense(attempt: { id: string } | null) {
  const item = () => scene.client.suspenseItem.findUnique({ where: { sourceId: attempt?.id ?? '' } });
  await eventually(async () => (await item())?.state === 'OPEN', 25_000);
  return item();
}

it('a refund of a collection that its rail sends back lies in suspense, for its payment', async () => {
  const id = idOf(await ama.pay({ payer: phone, payeeWalletId: scene.amaUsd, amount: dollars('100.00') }));
  await ama.paymentIn(id, 'CONFIRMED');
  await ama.refund(id, dollars('60.00'));
  const refund = await scene.client.paymentRefund.findFirstOrThrow({ where: { paymentId: id } });
  const attempt = await confirmedFor({ refundId: refund.id });
  await sendsBack(attempt, '6000');
  const origin = 'RETURNED_BY_RAIL';
  const item = await inSuspense(attempt);
  expect(item).toMatchObject({ origin, amount: 6_000n, paymentId: id, refundId: refund.id });
  const booked = ['DEBIT RAIL_CLEARING USD first 6000', 'CREDIT SUSPENSE USD  6000'];
  expect(scene.ledger.entriesOf(item?.id ?? '')).toEqual(booked);
});

it('what was sent back from suspense and comes back lies there again, to be sent once more', async () => {
  const gift = { eventId: 'gift', railReference: 'gift-1', remittance: 'for you', senderName: 'Kofi' };
  const credit = { kind: 'CREDIT', ...gift, amount: { amount: '700', currency: 'USD' } };
  const address = service.url.replace('/graphql', '/webhooks/rails/first');
  await fetch(address, { method: 'POST', headers: { 'x-signature': 'good' }, body: JSON.stringify([credit]) });
  const came = await inSuspense({ id: 'first gift-1' });
  expect((await operator.sendBack(came?.id ?? '', phone)).userErrors).toEqual([]);
  const attempt = await confirmedFor({ suspenseId: came?.id ?? '' });
  await sendsBack(attempt, '700');
  const back = await inSuspense(attempt);
  expect(back).toMatchObject({ origin: 'RETURNED_BY_RAIL', amount: 700n, senderName: 'Kofi', remittance: 'for you' });
  expect((await operator.sendBack(back?.id ?? '')).userErrors).toEqual([]);
  const again = () => scene.client.suspenseItem.findUnique({ where: { id: back?.id ?? '' } });
  await eventually(async () => (await again())?.state === 'RETURNED', 25_000);
});

it('of a payout that comes back less what the bank keeps the wallet gets all, and the rest is what the rail costs', async () => {
  const before = scene.ledger.available(scene.amaUsd);
  const id = idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone, amount: dollars('40.00') }));
  const attempt = await confirmedFor({ paymentId: id });
  await sendsBack(attempt, '3950');
  await eventually(async () => (await ama.payment(id))?.state === 'REFUNDED', 25_000);
  expect(scene.ledger.available(scene.amaUsd)).toBe(before - 40n);
  await eventually(() => scene.ledger.entriesOf(id).some((entry) => entry.includes('RAIL_COST')), 25_000);
  const kept = ['DEBIT RAIL_COST USD first 50', 'CREDIT RAIL_CLEARING USD first 50'];
  expect(scene.ledger.entriesOf(id)).toEqual(expect.arrayContaining(kept));
});

it.each([
  ['more', '4100', 'USD'],
  ['in another currency', '3600', 'EUR'],
])('a payout that comes back %s lies in suspense as it came, for people to see to', async (_what, amount, currency) => {
  const id = idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone, amount: dollars('40.00') }));
  const attempt = await confirmedFor({ paymentId: id });
  await sendsBack(attempt, amount, currency);
  expect(await inSuspense(attempt)).toMatchObject({ amount: BigInt(amount), currency, paymentId: id });
  expect(await scene.client.paymentAttempt.findUnique({ where: { id: attempt?.id ?? '' } })).toMatchObject({
    state: 'RETURNED',
    returnCharge: null,
  });
  await ama.paymentIn(id, 'CONFIRMED');
});

it('a payout of which its rail says after its confirmation that it moved another amount is marked for people', async () => {
  const id = idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone, amount: dollars('40.00') }));
  const attempt = await confirmedFor({ paymentId: id });
  const news = { kind: 'CONFIRMED', railReference: null, amount: { amount: '4100', currency: 'USD' }, charge: null };
  const events = [{ kind: 'ATTEMPT', eventId: 'other amount', reference: attempt?.reference, news }];
  const address = service.url.replace('/graphql', '/webhooks/rails/first');
  await fetch(address, { method: 'POST', headers: { 'x-signature': 'good' }, body: JSON.stringify(events) });
  const now = () => scene.client.paymentAttempt.findUnique({ where: { id: attempt?.id ?? '' } });
  await eventually(async () => (await now())?.contradictedAt !== null, 25_000);
  expect(await now()).toMatchObject({ state: 'CONFIRMED', inDoubt: false, railCode: 'AMOUNT_MISMATCH' });
  await eventually(async () => (await ama.payment(id))?.state === 'CONFIRMED', 25_000);
  await scene.client.paymentAttempt.updateMany({ where: { paymentId: id }, data: { contradictedAt: null } });
});

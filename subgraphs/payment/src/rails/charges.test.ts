import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, type Service, setScene } from '../../test/scene.ts';

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const dollars = (amount: string) => ({ amount, currency: 'USD' });

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let scene: Scene;
let service: Service;
let rail: ScriptedRail;
let ama: Person;

beforeAll(async () => {
  scene = await setScene();
});

beforeEach(async () => {
  rail = scriptRail('first');
  service = await scene.start({ rails: testRails }, scene.bus, [rail]);
  ama = scene.asAma(service);
});

afterEach(async () => {
  try {
    expect(await scene.troubles()).toEqual([]);
  } finally {
    await service.stop();
  }
});

afterAll(() => scene.stop());

const payOut = async () => idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone, amount: dollars('40.00') }));
const attemptOf = (paymentId: string) => scene.client.paymentAttempt.findFirstOrThrow({ where: { paymentId } });
const costsOf = (id: string) => scene.ledger.entriesOf(id).filter((entry) => entry.includes('RAIL_COST'));

/** The rail tells that it carried an attempt, and what it takes for that, and we have taken it in. */
async function tells(paymentId: string, eventId: string, charge: { amount: string; currency: string } | null) {
  const { reference } = await attemptOf(paymentId);
  const news = { kind: 'CONFIRMED', railReference: 'BK1', amount: null, charge };
  const address = service.url.replace('/graphql', '/webhooks/rails/first');
  const body = JSON.stringify([{ kind: 'ATTEMPT', eventId, reference, news }]);
  await fetch(address, { method: 'POST', headers: { 'x-signature': 'good' }, body });
  await eventually(async () => (await scene.client.railEvent.count({ where: { eventId } })) === 1, 25_000);
}

it('what a rail takes is booked when it tells that with its confirmation', async () => {
  const id = await payOut();
  await eventually(() => rail.handedOver.length > 0, 60_000);
  await tells(id, 'at once', { amount: '20', currency: 'USD' });
  await eventually(async () => (await ama.payment(id))?.state === 'CONFIRMED', 60_000);
  await eventually(() => costsOf(id).length > 0, 25_000);
  expect(costsOf(id)).toEqual(['DEBIT RAIL_COST USD first 20']);
  rail.decideAll(confirmed);
});

it('what a rail takes is booked when it tells that after it has confirmed, once', async () => {
  rail.decideAll(confirmed);
  const id = await payOut();
  await eventually(async () => (await ama.payment(id))?.state === 'CONFIRMED', 60_000);
  expect(costsOf(id)).toEqual([]);
  await tells(id, 'late', { amount: '20', currency: 'USD' });
  await eventually(() => costsOf(id).length > 0, 25_000);
  await tells(id, 'again', { amount: '30', currency: 'USD' });
  expect(await attemptOf(id)).toMatchObject({ state: 'CONFIRMED', charge: 20n, chargeDueAt: null });
  expect(costsOf(id)).toEqual(['DEBIT RAIL_COST USD first 20']);
});

it('what a rail takes in another currency than it carries is booked in that one', async () => {
  rail.decideAll(confirmed);
  const id = await payOut();
  await eventually(async () => (await ama.payment(id))?.state === 'CONFIRMED', 60_000);
  await tells(id, 'in euros', { amount: '15', currency: 'EUR' });
  await eventually(() => costsOf(id).length > 0, 25_000);
  expect(costsOf(id)).toEqual(['DEBIT RAIL_COST EUR first 15']);
});

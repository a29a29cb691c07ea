import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, setScene } from '../../test/scene.ts';

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const dollars = (amount: string) => ({ amount, currency: 'USD' });

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let rail: ScriptedRail;
let ama: Person;
let operator: Person;

beforeAll(async () => {
  scene = await setScene();
  rail = scriptRail('first');
  const service = await scene.start({ rails: testRails }, scene.bus, [rail]);
  ama = scene.asAma(service);
  operator = scene.asOperator(service);
});

afterEach(async () => {
  rail.decideAll(null);
  expect(await scene.troubles()).toEqual([]);
});

afterAll(() => scene.stop());

/** A hundred dollars that somebody outside is asked for. */
async function collect(): Promise<string> {
  const before = rail.handedOver.length;
  const id = idOf(await ama.pay({ payer: phone, payeeWalletId: scene.amaUsd, amount: dollars('100.00') }));
  await eventually(() => rail.handedOver.length > before, 25_000);
  return id;
}

const itemOf = async (paymentId: string) =>
  (await operator.suspense()).find(({ payment }) => payment?.id === paymentId);
const isOpen = async (paymentId: string) => (await itemOf(paymentId))?.state === 'OPEN';

/** Lets an operator give what lies there for a payment to a wallet, as long as it lies there. */
async function release(paymentId: string, walletId: string): Promise<void> {
  const item = await itemOf(paymentId);
  expect((await operator.release(item?.id ?? '', walletId)).userErrors).toEqual([]);
}

it('a collection whose wallet could not take it is refunded once it has got there, and not before', async () => {
  const id = await collect();
  scene.ledger.freeze(scene.amaUsd, 'FROZEN_CREDIT');
  rail.decideAll(confirmed);
  const payment = await ama.paymentIn(id, 'CONFIRMED');
  expect(payment.timeline.at(-1)).toMatchObject({ reason: 'HELD_IN_SUSPENSE' });
  scene.ledger.freeze(scene.amaUsd, null);
  expect((await ama.refund(id)).userErrors).toMatchObject([
    { code: 'NOT_REFUNDABLE', message: expect.stringContaining('suspense'), field: ['input', 'paymentId'] },
  ]);

  await release(id, scene.amaUsd);
  await eventually(async () => (await itemOf(id)) === undefined, 25_000);
  expect((await ama.refund(id)).userErrors).toEqual([]);
  await ama.paymentIn(id, 'REFUNDED');
});

it('a collection whose wallet could not take it is not refunded when the money has gone elsewhere', async () => {
  const id = await collect();
  scene.ledger.freeze(scene.amaUsd, 'FROZEN_CREDIT');
  rail.decideAll(confirmed);
  await ama.paymentIn(id, 'CONFIRMED');
  scene.ledger.freeze(scene.amaUsd, null);
  await release(id, scene.benUsd);
  await eventually(async () => (await itemOf(id)) === undefined, 25_000);
  expect((await operator.refund(id)).userErrors).toMatchObject([{ code: 'NOT_REFUNDABLE' }]);
});

it('a late collection costs its wallet what it would have, also after another wallet did not take it', async () => {
  const id = await collect();
  expect((await ama.cancel(id)).payment).toMatchObject({ state: 'CANCELLED' });
  rail.decideAll(confirmed);
  await eventually(() => isOpen(id), 25_000);
  scene.ledger.freeze(scene.benUsd, 'FROZEN_CREDIT');
  await release(id, scene.benUsd);
  await eventually(() => isOpen(id), 25_000);
  scene.ledger.freeze(scene.benUsd, null);

  const before = scene.ledger.posted(scene.amaUsd);
  await release(id, scene.amaUsd);
  await eventually(async () => (await itemOf(id)) === undefined, 25_000);
  expect(scene.ledger.posted(scene.amaUsd)).toBe(before + 9_900n);
});

import { query } from '@paygraph/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
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

beforeAll(async () => {
  scene = await setScene();
  rail = scriptRail('first');
  rail.decideAll(confirmed);
  ama = scene.asAma(await scene.start({ rails: testRails }, scene.bus, [rail]));
});

afterEach(async () => {
  expect(await scene.troubles()).toEqual([]);
});

afterAll(() => scene.stop());

/** A payout of 40 dollars, for 40 cents, that waits for its capture. */
async function held(): Promise<string> {
  const before = available();
  const route = {
    payerWalletId: scene.amaUsd,
    payee: phone,
    amount: dollars('40.00'),
    captureMethod: 'MANUAL',
  } as const;
  const id = idOf(await ama.pay(route));
  await ama.paymentIn(id, 'PENDING');
  expect(available()).toBe(before - 4_040n);
  return id;
}

const available = () => scene.ledger.available(scene.amaUsd);

describe('a payout that waits for its capture', () => {
  it('leaves over its rail once it is captured, and not before', async () => {
    const id = await held();
    expect(rail.handedOver).toEqual([]);
    expect((await ama.capture(id)).userErrors).toEqual([]);
    await ama.paymentIn(id, 'CONFIRMED');
    expect(rail.handedOver).toMatchObject([{ direction: 'PAYOUT', amount: { amount: 4_000n } }]);
  });

  it('leaves in part, and the rest is free again', async () => {
    const before = available();
    const id = await held();
    const { payment } = await ama.capture(id, dollars('30.00'));
    expect(payment).toMatchObject({ debit: dollars('30.30'), credit: dollars('30.00') });
    await ama.paymentIn(id, 'CONFIRMED');
    expect(rail.handedOver.at(-1)).toMatchObject({ direction: 'PAYOUT', amount: { amount: 3_000n } });
    expect(available()).toBe(before - 3_030n);
  });

  it('never leaves when it is called off or runs out, and everything is free again', async () => {
    const before = available();
    const handedOver = rail.handedOver.length;
    const id = await held();
    expect((await ama.cancel(id)).payment).toMatchObject({ state: 'CANCELLED' });
    await eventually(() => available() === before);
    const late = await held();
    await query(
      scene.database.migrationUrl,
      `UPDATE payment SET created_at = created_at - interval '1 minute', expires_at = clock_timestamp() WHERE id = '${late}'`,
    );
    await ama.paymentIn(late, 'EXPIRED');
    await eventually(() => available() === before);
    for (const ended of [id, late])
      expect((await ama.capture(ended)).userErrors).toMatchObject([{ code: 'NOT_CAPTURABLE' }]);
    expect(rail.handedOver).toHaveLength(handedOver);
  });
});

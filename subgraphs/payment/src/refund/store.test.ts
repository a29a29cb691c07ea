import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { idOf, type Scene, setScene } from '../../test/scene.ts';
import { createPayments } from '../payment/store.ts';
import type { Refund } from './refund.ts';
import { createRefunds, type Refunds } from './store.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let refunds: Refunds;
let paymentIds: string[];

beforeAll(async () => {
  scene = await setScene();
  refunds = createRefunds(scene.client);
  const service = await scene.start();
  const ama = scene.asAma(service);
  const pay = async () => (await ama.paymentIn(idOf(await ama.pay(scene.dollars('10.00'))), 'CONFIRMED')).id;
  paymentIds = [await pay(), await pay()];
  // From here on refunds are taken up by hand.
  await service.stop();
});

afterAll(() => scene.stop());

async function ask(paymentId: string | undefined, amount: bigint): Promise<Refund> {
  const [payment] = await createPayments(scene.client).byIds([paymentId ?? '']);
  if (!payment) throw new Error('no payment');
  const use = { principalId: scene.ben, key: randomUUID(), fingerprint: new Uint8Array(32) };
  const refund = await refunds.ask(payment, amount, null, use);
  if (!refund) throw new Error('not refundable');
  return refund;
}

/** As a process would have made it whose clock was behind by years. */
async function antedate({ id }: Refund): Promise<string> {
  const early = `rfd_017f${id.slice('rfd_017f'.length)}`;
  await query(scene.database.migrationUrl, `UPDATE payment_refund SET id = '${early}' WHERE id = '${id}'`);
  return early;
}

it('a refund waits for the one of its payment that is under way, and holds up no other, whatever their clocks said', async () => {
  const [paymentId, another] = paymentIds;
  const claimed = async (leaseMs: number) => (await refunds.claim(10, leaseMs)).map(({ refund }) => refund);
  const first = await ask(paymentId, 400n);
  expect((await claimed(0)).map(({ id }) => id)).toEqual([first.id]);
  const second = await antedate(await ask(paymentId, 300n));
  const third = await antedate(await ask(paymentId, 200n));
  const elsewhere = await ask(another, 100n);
  // The first is due again: whoever had it did not come back.
  const [again] = (await claimed(60_000)).filter(({ id }) => id !== elsewhere.id);
  expect(again?.id).toBe(first.id);
  expect(await claimed(60_000)).toEqual([]);

  if (again) await refunds.end([{ kind: 'succeeded', refund: again, suspended: null, carriedBy: null }]);
  expect(await claimed(60_000)).toMatchObject([{ id: second, before: 400n }]);
  expect((await refunds.ofPayments([paymentId ?? ''])).map(({ id }) => id)).toEqual([first.id, second, third]);
});

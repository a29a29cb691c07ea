import { randomUUID } from 'node:crypto';
import { currencyOf } from '@paygraph/money';
import type { RailNews } from '@paygraph/rails';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, setScene } from '../../test/scene.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** Longer than any test: what became of an attempt is learned from statements alone, and those are read when told to. */
const never = 60 * 60_000;
const usd = currencyOf('USD');

let scene: Scene;
let ama: Person;
let operator: Person;
let rail: ScriptedRail;

beforeAll(async () => {
  scene = await setScene();
  rail = scriptRail('bank', { hasStatements: true });
  const rails = { ...testRails, statusPauseMs: { baseMs: never, capMs: never }, statementMs: never };
  // Two processes, of which one reads.
  const [service] = await Promise.all([1, 2].map(() => scene.start({ rails }, scene.bus, [rail])));
  if (!service) throw new Error('No process was started');
  ama = scene.asAma(service);
  operator = scene.asOperator(service);
});

afterAll(async () => {
  try {
    expect(await scene.troubles()).toEqual([]);
  } finally {
    await scene.stop();
  }
});

const payOut = async () => {
  const payee = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
  const before = rail.handedOver.length;
  const id = idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee, amount: { amount: '40.00', currency: 'USD' } }));
  await eventually(() => rail.handedOver.length > before, 25_000);
  return { id, reference: rail.handedOver.at(-1)?.reference ?? '' };
};
const book = (reference: string, news: RailNews) =>
  rail.booked.push({ kind: 'ATTEMPT', eventId: randomUUID(), reference, news });
const arrived = {
  kind: 'CONFIRMED',
  railReference: 'BK1',
  amount: { amount: 4_000n, currency: usd },
  charge: null,
} as const;
/** Has the statements read once more, and waits until what is new of them is taken in. */
const reconcile = async () => {
  await eventually(async () => (await scene.client.railStatement.count()) > 0, 25_000);
  await scene.client.railStatement.updateMany({ data: { nextAttemptAt: new Date(0) } });
  const isRead = async () => {
    const read = await scene.client.railEvent.findMany({ where: { rail: 'bank' } });
    return rail.booked.every(({ eventId }) => read.some((one) => one.eventId === eventId));
  };
  await eventually(isRead, 25_000);
};

describe('what a bank told once, while nobody heard it', () => {
  it('is found on its statement: a payout that arrived, one that came back, and money that nobody asked for', async () => {
    const [done, back] = [await payOut(), await payOut()];
    book(done.reference, arrived);
    book(back.reference, arrived);
    book(back.reference, { kind: 'RETURNED', railReference: 'BK1R', railCode: 'AC04', amount: arrived.amount });
    rail.booked.push({
      ...{ kind: 'CREDIT', eventId: 'gift', railReference: 'BK2', remittance: 'for you', senderName: 'Kofi' },
      amount: { amount: 700n, currency: usd },
    });
    await reconcile();
    await ama.paymentIn(done.id, 'CONFIRMED');
    await ama.paymentIn(back.id, 'REFUNDED');
    const gifts = async () => (await operator.suspense()).filter(({ origin }) => origin === 'UNKNOWN_CREDIT');
    await eventually(async () => (await gifts()).some(({ state }) => state === 'OPEN'), 25_000);

    // Read again, it says nothing new.
    const { id, reference } = await payOut();
    book(reference, arrived);
    await reconcile();
    await ama.paymentIn(id, 'CONFIRMED');
    expect(await scene.client.railEvent.count({ where: { rail: 'bank' } })).toBe(rail.booked.length);
    expect(await gifts()).toHaveLength(1);
  });

  it('is asked for again from the day before the last one that was read whole', async () => {
    const [reading] = await scene.client.railStatement.findMany();
    expect(reading?.day.toISOString().slice(0, 10)).toBe(new Date().toISOString().slice(0, 10));
    expect(reading?.nextAttemptAt.getTime()).toBeGreaterThan(Date.now() + never / 2);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mortal, type Reach, workersOn } from '../../test/mortal.ts';
import { eventually, testTuning } from '../../test/platform.ts';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import { isSettled } from '../payment/lifecycle.ts';
import { defaultTuning, type Tuning } from '../tuning.ts';
import { createLeases } from './lease.ts';

let scene: Scene;
let maker: ReturnType<typeof createMaker>;
let reach: Reach;

beforeAll(async () => {
  scene = await setScene();
  maker = createMaker(scene);
  reach = { database: scene.client, peers: scene.connectPeers(), rails: [] };
});

afterAll(async () => {
  await maker.close();
  await Promise.all(Object.values(reach.peers).map((peer) => peer.close()));
  await scene.stop();
});

const tuning: Tuning = { ...defaultTuning, ...testTuning, leaseMs: 150, pollMs: 20, concurrency: 1 };

async function atRest(ids: readonly string[]): Promise<boolean> {
  const payments = await scene.client.payment.findMany({
    where: { id: { in: [...ids] } },
    include: { compensations: true },
  });
  return payments.every(
    ({ state, compensations }) => isSettled(state) && compensations.every(({ acknowledgedAt }) => acknowledgedAt),
  );
}

/** One of each: across currencies, beyond the payer's means, and from outside. */
async function makePayments() {
  const made = await Promise.all([
    // Little, so that the funds last for all the lives.
    maker.conversion(scene.dollarsAsEuros('1')),
    maker.transfer(scene.dollars('5000')),
    maker.deposit(scene.benUsd, { amount: '3', currency: 'USD' }),
  ]);
  return made.map(({ id }) => id);
}

/** By a process of which nothing is heard again. */
async function takenUp(ids: readonly string[]): Promise<void> {
  const leases = createLeases(scene.client, { owner: randomUUID(), leaseMs: 1 });
  const taken = new Set<string>();
  await eventually(async () => {
    for (const { payment } of await leases.claim(10)) taken.add(payment.id);
    return ids.every((id) => taken.has(id));
  });
}

it.each([
  ['takes up', async () => {}],
  // Of those nobody but the books can say whether they are being carried out.
  ['takes over from another that has vanished,', (ids: readonly string[]) => takenUp(ids)],
])(
  'a process that dies after any step of payments that it %s leaves them to another that ends each once',
  {
    timeout: 120_000,
  },
  async (_, before) => {
    let died = true;
    for (let last = 1; died; last += 1) {
      const ids = await makePayments();
      await before(ids);
      const life = mortal(reach, last);
      // It is nudged to all it does: what it would find by looking is no step of these payments.
      const doomed = workersOn(life.reach, { ...tuning, pollMs: 60_000 });
      await doomed.start();
      await eventually(async () => life.isDead() || (await atRest(ids)));
      died = !(await atRest(ids));
      await doomed.stop();

      const heir = workersOn(reach, tuning);
      await heir.start();
      await eventually(() => atRest(ids));
      await heir.stop();
      const ended = await scene.client.payment.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } });
      expect(new Map(ended.map(({ id, state, failureCode }) => [id, failureCode ?? state]))).toEqual(
        new Map([
          [ids[0], 'CONFIRMED'],
          [ids[1], 'INSUFFICIENT_FUNDS'],
          [ids[2], 'CONFIRMED'],
        ]),
      );
      expect(last).toBeLessThan(100);
    }
    expect(await scene.troubles()).toEqual([]);
  },
);

it('a process that dies after any step of a payment that it carries on from its making leaves it to another', {
  timeout: 120_000,
}, async () => {
  let died = true;
  for (let last = 1; died; last += 1) {
    const life = mortal(reach);
    const doomed = workersOn(life.reach, { ...tuning, pollMs: 60_000 });
    await doomed.start();
    await eventually(() => {
      const { lease, dropped } = doomed.expect();
      dropped();
      return lease !== undefined;
    });
    const own = createMaker(scene, { workers: doomed });
    life.endAfter(last);
    const { id, state } = await own.transfer(scene.dollars('1'));
    expect(state).toBe('VALIDATING');
    await eventually(async () => life.isDead() || (await atRest([id])));
    died = !(await atRest([id]));
    await doomed.stop();
    await own.close();

    const heir = workersOn(reach, tuning);
    await heir.start();
    await eventually(() => atRest([id]));
    await heir.stop();
    expect(await scene.client.payment.findUnique({ where: { id } })).toMatchObject({ state: 'CONFIRMED', sequence: 5 });
    expect(last).toBeLessThan(100);
  }
  expect(await scene.troubles()).toEqual([]);
});

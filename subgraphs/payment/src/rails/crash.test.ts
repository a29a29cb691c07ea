import { randomInt } from 'node:crypto';
import type { RailAdapter, RailNews } from '@paygraph/rails';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mortal, type Reach, workersOn } from '../../test/mortal.ts';
import { eventually, testRails, testTuning } from '../../test/platform.ts';
import { confirmed, refusedBy, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import { isSettled } from '../payment/lifecycle.ts';
import { defaultTuning, type Tuning } from '../tuning.ts';

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const dollars = (amount: string) => ({ amount, currency: 'USD' });

/** A rail that refuses some amounts, and accepts and later confirms all others. */
function deciding(name: string, fee: bigint, refusals: ReadonlyMap<bigint, RailNews>) {
  const rail = scriptRail(name, { fee });
  const submit: RailAdapter['submit'] = async (instruction, options) => {
    const outcome = await rail.submit(instruction, options);
    if (outcome.kind === 'ACCEPTED')
      rail.decide(instruction.reference, refusals.get(instruction.amount.amount) ?? confirmed);
    return outcome;
  };
  return { rail, adapter: { ...rail, submit } };
}

/** Of a payout nobody can take, and of one that only the second rail takes. */
const [nobodys, seconds] = [300n, 200n];
const first = deciding(
  'first',
  1n,
  new Map([
    [nobodys, refusedBy('COUNTERPARTY_NOT_FOUND')],
    [seconds, refusedBy('FLOAT_EXHAUSTED')],
  ]),
);
const second = deciding('second', 1_000n, new Map());
const rails = [first.adapter, second.adapter];

let scene: Scene;
let maker: ReturnType<typeof createMaker>;
let reach: Reach;

beforeAll(async () => {
  scene = await setScene();
  maker = createMaker(scene, { rails });
  reach = { database: scene.client, peers: scene.connectPeers(), rails };
});

afterAll(async () => {
  await maker.close();
  await Promise.all(Object.values(reach.peers).map((peer) => peer.close()));
  await scene.stop();
});

const tuning: Tuning = {
  ...defaultTuning,
  ...testTuning,
  // One worker at a time, so that a lease need not outlast a slow machine.
  ...{ leaseMs: 30, pollMs: 40, concurrency: 1, backoff: { baseMs: 5, capMs: 20 } },
  rails: {
    ...testRails,
    callTimeoutMs: 5_000,
    attemptLeaseMs: 10_000,
    statusPauseMs: { baseMs: 2, capMs: 10 },
    parkMs: 50,
  },
};

/** A collection; payouts by the first rail, by the second after a failover, and to nobody. */
async function makePayments() {
  const payout = (amount: string) =>
    maker.outside({ payerWalletId: scene.amaUsd, payee: phone, amount: dollars(amount) });
  const made = await Promise.all([
    // More than is paid out, so that the funds last for all the lives.
    maker.outside({ payer: phone, payeeWalletId: scene.amaUsd, amount: dollars('10.00') }),
    payout('1.00'),
    payout('2.00'),
    payout('3.00'),
  ]);
  return made.map(({ id }) => id);
}

const paymentsOf = (ids: readonly string[]) =>
  scene.client.payment.findMany({
    where: { id: { in: [...ids] } },
    include: { compensations: true },
    orderBy: { amount: 'desc' },
  });

async function atRest(ids: readonly string[]): Promise<boolean> {
  const payments = await paymentsOf(ids);
  return payments.every(
    ({ state, compensations }) => isSettled(state) && compensations.every(({ acknowledgedAt }) => acknowledgedAt),
  );
}

/** How often each of these was carried by a rail: under how many references. */
async function carriedTimes(ids: readonly string[], { rail }: { rail: ScriptedRail }): Promise<number[]> {
  const options = { signal: new AbortController().signal };
  const instructions = [...new Map(rail.handedOver.map((one) => [one.reference, one])).values()];
  const outcomes = await Promise.all(instructions.map((instruction) => rail.status(instruction, options)));
  const carried = instructions.filter((_, index) => outcomes[index]?.kind === 'CONFIRMED');
  return ids.map((id) => carried.filter(({ endToEndId }) => endToEndId === id).length);
}

it('a process that dies after any one of its steps with a rail leaves what another ends exactly once, as the rail did', {
  timeout: 240_000,
}, async () => {
  let died = true;
  // Every third step, each run from another one: all of them would take minutes.
  for (let last = 1 + randomInt(3); died; last += 3) {
    const ids = await makePayments();
    const life = mortal(reach, last);
    const doomed = workersOn(life.reach, { ...tuning, pollMs: 60_000 });
    await doomed.start();
    await eventually(async () => life.isDead() || (await atRest(ids)), 60_000);
    died = !(await atRest(ids));
    await doomed.stop();
    // An attempt in a dead worker's hands is free once its lease has run out: here, at once.
    await scene.client.paymentAttempt.updateMany({ data: { leaseUntil: new Date(0), nextAttemptAt: new Date(0) } });

    const heir = workersOn(reach, tuning);
    await heir.start();
    await eventually(() => atRest(ids), 60_000);
    await heir.stop();
    const ended = (await paymentsOf(ids)).map(({ state, failureCode }) => failureCode ?? state);
    expect(ended, `dead after step ${last}`).toEqual(['CONFIRMED', 'COUNTERPARTY_NOT_FOUND', 'CONFIRMED', 'CONFIRMED']);
    expect(await carriedTimes(ids, first), `dead after step ${last}`).toEqual([1, 1, 0, 0]);
    expect(await carriedTimes(ids, second), `dead after step ${last}`).toEqual([0, 0, 1, 0]);
    expect(last).toBeLessThan(150);
  }
  expect(await scene.troubles()).toEqual([]);
});

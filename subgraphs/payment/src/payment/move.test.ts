import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import { createLeases, type Leases } from '../worker/lease.ts';
import { failed } from '../worker/stage.ts';
import { createEndings, type Endings } from './ending.ts';
import type { PaymentReason, PaymentState } from './lifecycle.ts';
import { createMoves, type Moves } from './move.ts';
import type { CaptureMethod, Payment } from './payment.ts';

let scene: Scene;
let moves: Moves;
let endings: Endings;
let leases: Leases;
let owner: pg.Client;

beforeAll(async () => {
  scene = await setScene();
  owner = new pg.Client(scene.database.migrationUrl);
  await owner.connect();
  moves = createMoves(scene.client, { leaseMs: 5_000, reviewPollMs: { baseMs: 0 } });
  endings = createEndings(scene.client, { leaseMs: 5_000 });
  leases = createLeases(scene.client, { owner: randomUUID(), leaseMs: 5_000 });
});

afterAll(async () => {
  await owner.end();
  await scene.stop();
});

/** The way to each state that a payment can wait in, from being claimed, which makes it VALIDATING. */
const ways = {
  VALIDATING: [],
  IN_REVIEW: [['IN_REVIEW', 'REVIEW_REQUIRED']],
  PENDING: [['PENDING', 'CHECKS_PASSED']],
  PROCESSING: [
    ['PENDING', 'CHECKS_PASSED'],
    ['PROCESSING', 'EXECUTION_STARTED'],
  ],
} satisfies Partial<Record<PaymentState, [PaymentState, PaymentReason][]>>;

type Waiting = keyof typeof ways;

/** A payment that a worker has taken to a state and has in hand. */
async function paymentIn(state: Waiting, captureMethod: CaptureMethod = 'AUTOMATIC'): Promise<Payment> {
  const { id } = await newPayment(captureMethod);
  let payment = (await leases.claim(100)).find((claim) => claim.payment.id === id)?.payment;
  for (const [to, reason] of ways[state]) payment = payment && (await moves.advance([{ payment, to, reason }]))[0];
  if (!payment) throw new Error(`${id} did not get to ${state}`);
  return payment;
}

async function newPayment(captureMethod: CaptureMethod = 'AUTOMATIC'): Promise<Payment> {
  const maker = createMaker(scene);
  const payment = await maker.transfer({ ...scene.dollars('1'), captureMethod });
  await maker.close();
  return payment;
}

/** Lets the time of payments run out so many ms from now, which only the database's owner can. */
async function runOut(payments: readonly Payment[], inMs = -1): Promise<void> {
  await owner.query(
    `UPDATE payment
     SET created_at = created_at - interval '1 minute', expires_at = clock_timestamp() + $2 * interval '1 millisecond'
     WHERE id = ANY($1)`,
    [payments.map(({ id }) => id), inMs],
  );
}

async function debtsOf({ id }: Payment): Promise<string[]> {
  const debts = await scene.client.paymentCompensation.findMany({ where: { paymentId: id } });
  return debts.map(({ action }) => action).sort();
}

describe('a step', () => {
  it('is written with its number, its reason and its time', async () => {
    const payment = await paymentIn('PENDING');
    expect(payment).toMatchObject({ state: 'PENDING', sequence: 3 });
    const steps = await scene.client.paymentStep.findMany({
      where: { paymentId: payment.id },
      orderBy: { sequence: 'asc' },
    });
    expect(steps).toMatchObject([
      { sequence: 1, from: null, state: 'INITIATED', reason: 'REQUESTED', actor: scene.ama },
      { sequence: 2, from: 'INITIATED', state: 'VALIDATING', reason: 'CHECKS_STARTED', actor: 'payment' },
      { sequence: 3, from: 'VALIDATING', state: 'PENDING', reason: 'CHECKS_PASSED', actor: 'payment' },
    ]);
    const times = steps.map(({ at }) => at.getTime());
    expect(times).toEqual([...times].sort());
  });

  it('may go through a state, with a row for each of the two', async () => {
    const payment = await paymentIn('VALIDATING');
    const through = [{ state: 'PENDING', reason: 'CHECKS_PASSED' }] as const;
    const moved = await moves.advance([{ payment, to: 'PROCESSING', reason: 'EXECUTION_STARTED', through }]);
    expect(moved).toMatchObject([{ state: 'PROCESSING', sequence: 4 }]);
    const steps = await scene.client.paymentStep.findMany({ where: { paymentId: payment.id, sequence: { gt: 2 } } });
    expect(steps.toSorted((a, b) => a.sequence - b.sequence)).toMatchObject([
      { sequence: 3, from: 'VALIDATING', state: 'PENDING', reason: 'CHECKS_PASSED', actor: 'payment' },
      { sequence: 4, from: 'PENDING', state: 'PROCESSING', reason: 'EXECUTION_STARTED', actor: 'payment' },
    ]);
  });

  it('may go through several', async () => {
    const payment = await paymentIn('VALIDATING');
    const through = [
      { state: 'PENDING', reason: 'CHECKS_PASSED' },
      { state: 'PROCESSING', reason: 'EXECUTION_STARTED' },
    ] as const;
    const moved = await moves.advance([{ payment, to: 'CONFIRMED', reason: 'FUNDS_MOVED', through }]);
    expect(moved).toMatchObject([{ state: 'CONFIRMED', sequence: 5 }]);
    const steps = await scene.client.paymentStep.findMany({ where: { paymentId: payment.id, sequence: { gt: 2 } } });
    expect(steps.toSorted((a, b) => a.sequence - b.sequence)).toMatchObject([
      { sequence: 3, from: 'VALIDATING', state: 'PENDING', reason: 'CHECKS_PASSED' },
      { sequence: 4, from: 'PENDING', state: 'PROCESSING', reason: 'EXECUTION_STARTED' },
      { sequence: 5, from: 'PROCESSING', state: 'CONFIRMED', reason: 'FUNDS_MOVED' },
    ]);
    expect(await debtsOf(payment)).toEqual(['USE_LIMITS']);
  });

  it('through a state that does not lead where it goes is refused', async () => {
    const payment = await paymentIn('VALIDATING');
    const through = [{ state: 'IN_REVIEW', reason: 'REVIEW_REQUIRED' }] as const;
    await expect(moves.advance([{ payment, to: 'PROCESSING', reason: 'EXECUTION_STARTED', through }])).rejects.toThrow(
      'payment_timeline_transition_fkey',
    );
  });

  it('is not taken by a worker that has lost the payment, and those of its batch that it still has are', async () => {
    const lost = await paymentIn('VALIDATING');
    const kept = await paymentIn('VALIDATING');
    await moves.advance([{ payment: lost, to: 'PENDING', reason: 'CHECKS_PASSED' }]);
    const late = { to: 'FAILED', reason: 'INTERNAL', failureCode: 'INTERNAL' } as const;
    const moved = await moves.advance([
      { payment: lost, ...late },
      { payment: { ...kept, leaseEpoch: kept.leaseEpoch - 1 }, ...late },
      { payment: kept, to: 'PENDING', reason: 'CHECKS_PASSED' },
    ]);
    expect(moved).toMatchObject([{ id: kept.id, state: 'PENDING' }]);
  });

  it('is refused whole when one of the batch is illegal', async () => {
    const payment = await paymentIn('VALIDATING');
    await expect(moves.advance([{ payment, to: 'CONFIRMED', reason: 'FUNDS_MOVED' }])).rejects.toThrow(
      'payment_timeline_transition_fkey',
    );
  });

  it('into the end leaves what is owed to peers', async () => {
    const failing = await paymentIn('VALIDATING');
    await moves.advance([{ payment: failing, to: 'FAILED', reason: 'INTERNAL', failureCode: 'INTERNAL' }]);
    expect(await debtsOf(failing)).toEqual(['RELEASE_LIMITS', 'VOID_RESERVATION']);
    const confirmed = await paymentIn('PROCESSING');
    await moves.advance([{ payment: confirmed, to: 'CONFIRMED', reason: 'FUNDS_MOVED' }]);
    expect(await debtsOf(confirmed)).toEqual(['USE_LIMITS']);
  });
});

describe('a payment whose time has run out', () => {
  it.each([
    ['INITIATED', 'AUTOMATIC'],
    ['PENDING', 'AUTOMATIC'],
    ['VALIDATING', 'MANUAL'],
    ['IN_REVIEW', 'MANUAL'],
  ] as const)('expires in %s (%s)', async (state, captureMethod) => {
    const payment = state === 'INITIATED' ? await newPayment() : await paymentIn(state, captureMethod);
    expect(await moves.expire(100)).toEqual([]);
    await runOut([payment]);
    expect(await moves.expire(100)).toMatchObject([{ id: payment.id, state: 'EXPIRED', failureCode: null }]);
    expect(await debtsOf(payment)).toEqual(['RELEASE_LIMITS', 'VOID_RESERVATION']);
  });

  it('expires when its worker would take it on', async () => {
    const payment = await paymentIn('PENDING');
    await runOut([payment]);
    const moved = await moves.advance([{ payment, to: 'PROCESSING', reason: 'EXECUTION_STARTED' }]);
    expect(moved).toMatchObject([{ state: 'EXPIRED' }]);
  });

  it('expires when its worker would take it on through a state', async () => {
    const payment = await paymentIn('VALIDATING', 'MANUAL');
    await runOut([payment]);
    const through = [{ state: 'PENDING', reason: 'CHECKS_PASSED' }] as const;
    const moved = await moves.advance([{ payment, to: 'PROCESSING', reason: 'EXECUTION_STARTED', through }]);
    expect(moved).toMatchObject([{ state: 'EXPIRED', sequence: 3 }]);
  });

  it('is claimed without its checks being started, and expires then', async () => {
    const payment = await newPayment();
    await runOut([payment]);
    const claimed = (await leases.claim(100)).find((claim) => claim.payment.id === payment.id);
    expect(claimed).toMatchObject({ from: 'INITIATED', payment: { state: 'INITIATED', sequence: 1 } });
    const moved = await moves.advance([
      { payment: claimed?.payment ?? payment, to: 'VALIDATING', reason: 'CHECKS_STARTED' },
    ]);
    expect(moved).toMatchObject([{ state: 'EXPIRED', sequence: 2 }]);
  });

  it('expires when its payer would call it off', async () => {
    const payment = await paymentIn('PENDING');
    await runOut([payment]);
    expect(await moves.cancel(payment.id, 'CANCELLED_BY_CUSTOMER', scene.ama)).toMatchObject({ state: 'EXPIRED' });
  });

  it('does not expire once it is being carried out', async () => {
    const payment = await paymentIn('PROCESSING');
    await runOut([payment]);
    expect(await moves.expire(100)).toEqual([]);
    const moved = await moves.advance([{ payment, to: 'CONFIRMED', reason: 'FUNDS_MOVED' }]);
    expect(moved).toMatchObject([{ state: 'CONFIRMED' }]);
  });
});

describe.each(['VALIDATING', 'IN_REVIEW'] as const)('a payment that the books may be carrying out (%s)', (state) => {
  it('is called off only when they have closed its reservation', async () => {
    const payment = await paymentIn(state);
    expect(await moves.cancel(payment.id, 'CANCELLED_BY_CUSTOMER', scene.ama)).toBeUndefined();
    expect(await moves.cancel(payment.id, 'CANCELLED_BY_CUSTOMER', scene.ama, true)).toMatchObject({
      state: 'CANCELLED',
    });
  });

  it('expires only when they have', async () => {
    const [payment, inTime] = [await paymentIn(state), await paymentIn(state)];
    await runOut([payment]);
    expect(await moves.expire(100)).toEqual([]);
    await owner.query('UPDATE payment SET lease_until = now() WHERE id = $1', [payment.id]);
    expect(await endings.takeOverdue(100)).toMatchObject([{ id: payment.id, state }]);
    expect(await endings.takeOverdue(100)).toEqual([]);
    expect(await moves.expireClosed([payment.id, inTime.id])).toMatchObject([{ id: payment.id, state: 'EXPIRED' }]);
    expect(await debtsOf(payment)).toEqual(['RELEASE_LIMITS', 'VOID_RESERVATION']);
  });

  it('is confirmed when they say so, out of time or not, and not taken up when it is', async () => {
    const payment = await paymentIn(state);
    await runOut([payment]);
    await owner.query('UPDATE payment SET lease_until = now() WHERE id = $1', [payment.id]);
    expect((await leases.claim(100)).filter((claim) => claim.payment.id === payment.id)).toEqual([]);
    const through = [
      { state: 'PENDING', reason: state === 'VALIDATING' ? 'CHECKS_PASSED' : 'REVIEW_APPROVED' },
      { state: 'PROCESSING', reason: 'EXECUTION_STARTED' },
    ] as const;
    const moved = await moves.advance([{ payment, to: 'CONFIRMED', reason: 'FUNDS_MOVED', through }]);
    expect(moved).toMatchObject([{ state: 'CONFIRMED' }]);
  });
});

describe('how a payment is to end', () => {
  const outcome = failed('INSUFFICIENT_FUNDS');
  const { reason, failureCode } = outcome;
  const failing = { to: 'FAILED', reason, failureCode, actor: 'payment' };

  it('is written by the worker that has it in hand', async () => {
    const [held, lost] = [await paymentIn('VALIDATING'), await paymentIn('VALIDATING')];
    const calledOff = { to: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER', actor: scene.ama } as const;
    expect(await endings.takeOver(lost.id, calledOff.reason, calledOff.actor)).toMatchObject({
      leaseEpoch: lost.leaseEpoch + 1,
    });
    const written = await endings.write([held, lost].map((payment) => ({ payment, outcome })));
    expect(written).toEqual([{ payment: held, outcome }]);
    const after = await endings.of([held, lost]);
    expect(after.get(held.id)).toEqual(failing);
    expect(after.get(lost.id)).toEqual(calledOff);
  });

  it('is written again by whoever has it in hand next', async () => {
    const payment = await paymentIn('IN_REVIEW');
    const calledOff = { to: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR', actor: scene.operator } as const;
    const taken = await endings.takeOver(payment.id, calledOff.reason, calledOff.actor);
    await endings.write([{ payment: taken ?? payment, outcome }]);
    expect((await endings.of([payment])).get(payment.id)).toEqual(failing);
    await endings.takeOver(payment.id, calledOff.reason, calledOff.actor);
    expect((await endings.of([payment])).get(payment.id)).toEqual(calledOff);
  });

  it('is not written once the books have no say any more', async () => {
    const payment = await paymentIn('PENDING');
    expect(await endings.write([{ payment, outcome }])).toEqual([]);
    expect(await endings.takeOver(payment.id, 'CANCELLED_BY_CUSTOMER', scene.ama)).toBeUndefined();
    expect(await endings.of([payment])).toEqual(new Map());
  });
});

describe('taking on, cancelling and expiring', () => {
  it('race to exactly one winner', async () => {
    const payments: Payment[] = [];
    for (let count = 0; count < 12; count += 1) payments.push(await paymentIn('PENDING'));
    await runOut(payments, 20);
    const winners = await Promise.all(
      payments.flatMap((payment) => [
        moves.advance([{ payment, to: 'PROCESSING', reason: 'EXECUTION_STARTED' }]),
        moves.cancel(payment.id, 'CANCELLED_BY_CUSTOMER', scene.ama).then((one) => (one ? [one] : [])),
        moves.expire(100),
      ]),
    );
    expect(
      winners
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(payments.map(({ id }) => id).sort());
    expect(winners.flat().every(({ sequence }) => sequence === 4)).toBe(true);
  });
});

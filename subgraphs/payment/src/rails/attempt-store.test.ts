import { query } from '@paygraph/database/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/platform.ts';
import { scriptRail } from '../../test/rail.ts';
import { createMaker, customer, type Scene, setScene } from '../../test/scene.ts';
import type { Payout } from '../payment/payment.ts';
import { retryPayment } from '../payment/retry.ts';
import { createPayments } from '../payment/store.ts';
import { type Attempts, type ClaimedAttempt, createAttempts, type Finding } from './attempt-store.ts';

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const leaseMs = 60_000;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let attempts: Attempts;
let maker: ReturnType<typeof createMaker>;

beforeAll(async () => {
  scene = await setScene();
  attempts = createAttempts(scene.client);
  maker = createMaker(scene, { rails: [scriptRail('first')] });
});

afterAll(async () => {
  await maker.close();
  await scene.stop();
});

/** A payout that nobody works on. */
async function payoutMade(): Promise<Payout> {
  const amount = { amount: '40.00', currency: 'USD' };
  const payment = await maker.outside({ payerWalletId: scene.amaUsd, payee: phone, amount });
  if (payment.kind !== 'PAYOUT') throw new Error('No payout was made');
  return payment;
}

async function attemptFor({ id: subjectId, counterparty, price, rail }: Payout): Promise<void> {
  const ask = { direction: 'PAYOUT', amount: price.target, counterparty } as const;
  await attempts.create([{ ...ask, subjectId, number: 1, rail, narrative: 'a test', candidates: [] }]);
}

/** As if its checks had passed and its funds were held. */
async function underWay({ id }: Payout): Promise<void> {
  const { migrationUrl } = scene.database;
  await query(
    migrationUrl,
    `INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor) VALUES
      ($1, 2, 'INITIATED', 'VALIDATING', 'CHECKS_STARTED', 'payment'),
      ($1, 3, 'VALIDATING', 'PENDING', 'CHECKS_PASSED', 'payment')`,
    [id],
  );
  await query(migrationUrl, `UPDATE payment SET state = 'PENDING', sequence = 3 WHERE id = $1`, [id]);
}

/** That the rail has it and has not decided, to be asked again in a minute. */
function stillOpen({ attempt: { id, leaseEpoch } }: ClaimedAttempt): Finding {
  const nothing = { railReference: null, refusal: null, railCode: null, charge: null, returned: null };
  return { ...nothing, id, epoch: leaseEpoch, state: 'ACCEPTED', inDoubt: false, delayMs: 60_000, countsAsTry: true };
}

const inHand = async () => {
  const [claimed] = await attempts.claim(1, leaseMs);
  if (!claimed) throw new Error('Nothing is due');
  return claimed;
};

it('an attempt that its rail has is left alone until it is to be asked about again', async () => {
  await attemptFor(await payoutMade());
  await attempts.record([stillOpen(await inHand())]);
  expect(await attempts.claim(1, leaseMs)).toEqual([]);
});

it('a nudge that comes while an attempt is in hand is minded afterwards, and not before', async () => {
  const payment = await payoutMade();
  await attemptFor(payment);
  const claimed = await inHand();
  await attempts.hurry([claimed.attempt.reference]);
  expect(await attempts.claim(1, leaseMs)).toEqual([]);
  await attempts.record([stillOpen(claimed)]);
  const again = await inHand();
  expect(again.attempt.subjectId).toBe(payment.id);
  await attempts.record([stillOpen(again)]);
  expect(await attempts.claim(1, leaseMs)).toEqual([]);
});

describe('locks', () => {
  /** Somebody else with a transaction of their own. */
  const other = async () => {
    const client = new pg.Client({ connectionString: scene.database.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    return {
      lock: (table: 'payment' | 'payment_attempt', id: string) =>
        client.query(`SELECT FROM ${table} WHERE id = $1 FOR NO KEY UPDATE`, [id]),
      async end() {
        await client.query('COMMIT');
        await client.end();
      },
    };
  };
  const isWaited = async () => {
    const [row] = await scene.client.$queryRaw<{ waiting: bigint }[]>`
      SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (row?.waiting ?? 0n) > 0n;
  };

  it('of payments are taken in the order of their ids, whatever the order of their attempts', async () => {
    const payments = [await payoutMade(), await payoutMade()];
    for (const payment of payments.toReversed()) {
      await underWay(payment);
      await attemptFor(payment);
    }
    const claimed = [await inHand(), await inHand()];
    const [first, second] = payments.map(({ id }) => id).toSorted();
    const somebody = await other();
    await somebody.lock('payment', first ?? '');
    const recorded = attempts.record(claimed.map((one) => ({ ...stillOpen(one), state: 'CONFIRMED' as const })));
    await eventually(isWaited);
    await somebody.lock('payment', second ?? '');
    await somebody.end();
    expect(await recorded).toHaveLength(2);
  });

  it('of a payment and its attempt are taken in the same order by whoever has it tried again', async () => {
    const payment = await payoutMade();
    await attemptFor(payment);
    const { attempt } = await inHand();
    const somebody = await other();
    await somebody.lock('payment_attempt', attempt.id);
    const retrying = { database: scene.client, payments: createPayments(scene.client), made() {} };
    const input = { paymentId: payment.id, note: 'a test' };
    const retried = retryPayment(retrying, customer(scene.operator, 'payment:retry:any'), input);
    await eventually(isWaited);
    await somebody.lock('payment', payment.id);
    await somebody.end();
    expect(await retried).toMatchObject({ kind: 'retried' });
  });
});

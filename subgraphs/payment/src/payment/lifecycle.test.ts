import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  birth,
  checkLifecycle,
  isSettled,
  isTerminal,
  lifecycle,
  states,
  stepsFrom,
  transitions,
} from './lifecycle.ts';

describe('the lifecycle of payments', () => {
  it('has exactly the steps that the domain names', () => {
    const steps = Object.fromEntries(states.map((from) => [from, Object.keys(lifecycle[from]).sort()]));
    expect(steps).toEqual({
      INITIATED: ['CANCELLED', 'EXPIRED', 'VALIDATING'],
      VALIDATING: ['CANCELLED', 'EXPIRED', 'FAILED', 'IN_REVIEW', 'PENDING'],
      IN_REVIEW: ['CANCELLED', 'EXPIRED', 'FAILED', 'PENDING'],
      PENDING: ['CANCELLED', 'EXPIRED', 'FAILED', 'PROCESSING'],
      PROCESSING: ['CONFIRMED', 'FAILED'],
      CONFIRMED: ['CONFIRMED', 'REFUNDED'],
      FAILED: [],
      EXPIRED: [],
      CANCELLED: [],
      REFUNDED: [],
    });
  });

  it('is sound: every state can be reached, and every path ends', () => {
    expect(() => checkLifecycle(lifecycle, birth.state)).not.toThrow();
  });

  it('ends, however a payment walks, in a settled state', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (choices) => {
        let state: (typeof states)[number] = birth.state;
        for (const choice of choices.take(50)) {
          const steps = stepsFrom(state);
          if (steps.length === 0) break;
          state = steps[choice % steps.length]?.to ?? state;
        }
        expect(isSettled(state)).toBe(true);
      }),
    );
  });

  it('never goes on from a terminal state', () => {
    expect(states.filter(isTerminal)).toEqual(['FAILED', 'EXPIRED', 'CANCELLED', 'REFUNDED']);
  });
});

describe('a broken lifecycle is refused at boot when', () => {
  it.each([
    ['a state cannot be reached', { A: { B: ['x'] }, B: {}, C: {} }, 'C cannot be reached from A'],
    ['a state never ends', { A: { B: ['x'] }, B: { A: ['x'] } }, 'B never ends'],
    ['a step leads nowhere', { A: { B: ['x'] } }, 'A leads to B, which is no state'],
    ['a step has no reason', { A: { B: [] }, B: {} }, 'A leads to B for no reason'],
  ])('%s', (_name, definition, problem) => {
    expect(() => checkLifecycle(definition, 'A')).toThrow(problem);
  });
});

describe('the database', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let service: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase('payment');
    owner = new pg.Client(database.migrationUrl);
    service = new pg.Client(database.databaseUrl);
    await Promise.all([owner.connect(), service.connect()]);
    await owner.query(`
      WITH made AS (
        INSERT INTO payment (
          id, kind, amount, amount_currency, source_amount, source_currency, target_amount, target_currency,
          target_at_mid, fee_amount, fee_label, fee_version, fee_terms, payer_display_name, payee_customer_id, payee_wallet_id,
          payee_display_name, rail, reservation_id, transaction_id, expires_at
        ) VALUES (
          'pay_1', 'COLLECTION', 1, 'USD', 1, 'USD', 1, 'USD', 1, 0, '', '', '{}', '', 'cus_1', 'wal_1', '', 'manual', 'res_1',
          'txn_1', now() + interval '1 day'
        ) RETURNING id
      )
      INSERT INTO payment_timeline (payment_id, sequence, to_state, reason, actor)
      SELECT id, 1, 'INITIATED', 'REQUESTED', 'cus_1' FROM made`);
  });

  afterAll(async () => {
    await Promise.all([owner.end(), service.end()]);
    await database.drop();
  });

  it('knows the very same steps', async () => {
    const { rows } = await owner.query('SELECT from_state AS "from", to_state AS "to", reason FROM payment_transition');
    const sorted = (steps: readonly object[]) => steps.map((step) => JSON.stringify(step)).sort();
    expect(sorted(rows)).toEqual(sorted(transitions));
  });

  it.each([
    ['an illegal step', "2, 'INITIATED', 'CONFIRMED', 'FUNDS_MOVED'", 'payment_timeline_transition_fkey'],
    [
      'a legal step for another reason',
      "2, 'INITIATED', 'VALIDATING', 'TIMED_OUT'",
      'payment_timeline_transition_fkey',
    ],
    ['a second beginning', "2, NULL, 'INITIATED', 'REQUESTED'", 'payment_timeline_birth_check'],
    ['a number twice', "1, NULL, 'INITIATED', 'REQUESTED'", 'payment_timeline_pkey'],
  ])('refuses %s', async (_name, step, constraint) => {
    const insert = `INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
      VALUES ('pay_1', ${step}, 'payment')`;
    await expect(service.query(insert)).rejects.toMatchObject({ constraint });
  });

  it('refuses a state that the timeline does not have', async () => {
    await expect(service.query("UPDATE payment SET state = 'CONFIRMED'")).rejects.toMatchObject({
      constraint: 'payment_latest_step_fkey',
    });
  });

  it.each([
    'UPDATE payment_timeline SET actor = actor',
    'DELETE FROM payment_timeline',
    'TRUNCATE payment_timeline CASCADE',
  ])('lets nobody change history: %s', async (statement) => {
    await expect(owner.query(statement)).rejects.toThrow('never changed or removed');
    await expect(service.query(statement)).rejects.toThrow('permission denied');
  });

  it.each(['source_amount = 2', "payee_wallet_id = 'wal_2'", 'expires_at = now()'])(
    'does not let the service change what was agreed: %s',
    async (assignment) => {
      await expect(service.query(`UPDATE payment SET ${assignment}`)).rejects.toThrow('permission denied');
    },
  );
});

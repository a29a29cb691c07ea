import { memoryBus } from '@paygraph/events';
import { newId } from '@paygraph/ids';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActivityAnswer } from '../../test/answers.ts';
import { type Person, person } from '../../test/person.ts';
import { eventually, testRails } from '../../test/platform.ts';
import { refusedBy, scriptRail } from '../../test/rail.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';
import type { Prisma } from '../generated/prisma/client.ts';

const rail = scriptRail('outside');
let scene: Scene;
let service: Service;
let ama: Person;
let ben: Person;
let operator: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start({ rails: testRails }, scene.bus, [rail]);
  [ama, ben, operator] = [scene.asAma(service), scene.asBen(service), scene.asOperator(service)];
});
afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

const pay = async (payer = ama) => idOf(await payer.pay(scene.dollars('0.01')));
const confirmed = async () => {
  const id = await pay();
  await ama.paymentIn(id, 'CONFIRMED');
  return id;
};
const waiting = async () => {
  scene.risk.decideNext('REVIEW');
  const id = await pay();
  await ama.paymentIn(id, 'IN_REVIEW');
  scene.risk.decideNext('APPROVE');
  return id;
};
const stepsOf = (events: readonly ActivityAnswer[], id: string) =>
  events.filter(({ change }) => change.payment.id === id).map(({ change }) => change.sequence);
const cursorsOf = (events: readonly ActivityAnswer[]) => events.map(({ cursor }) => Number(cursor));
const has = (id: string, state: string) => (events: readonly ActivityAnswer[]) =>
  events.some(({ change }) => change.payment.id === id && change.state === state);
const positions = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + 1 + index);
/** The cursor of the last step so far, once every step has one. */
const here = async () => {
  await eventually(async () => (await scene.client.paymentRelayQueue.count()) === 0, 30_000);
  return (await scene.client.paymentRelay.count()).toString();
};

describe('who follows all payments', () => {
  it('is given every step of everybody’s from the first on, numbered without gaps, each payment’s in order', async () => {
    const ids = await Promise.all([confirmed(), confirmed(), confirmed()]);
    const all = operator.follow({ after: '0' });
    const live = await confirmed();
    await all.until(has(live, 'CONFIRMED'));
    expect(cursorsOf(all.events)).toEqual(positions(0, all.events.length));
    for (const id of [...ids, live]) expect(stepsOf(all.events, id)).toEqual([1, 2, 3, 4, 5]);
    await all.close();
  });

  it('is given only what is to come without a cursor, and what came since with one', async () => {
    const before = await confirmed();
    const after = await here();
    const [live, since] = [operator.follow(), operator.follow({ after })];
    // Both have begun once they are given something.
    await eventually(async () => {
      await confirmed();
      return live.events.length > 0 && since.events.length > 0;
    });
    expect(stepsOf([...live.events, ...since.events], before)).toEqual([]);
    expect(since.events[0]?.cursor).toBe(String(Number(after) + 1));
    for (const following of [live, since]) await following.close();
  });

  it('sees as a customer what is theirs: all that they pay, and what they are paid from where the money has moved', async () => {
    const after = await here();
    const stranger = person(service, scene.tokenOf(newId('cus')));
    const [hers, his, theirs] = [ama.follow({ after }), ben.follow({ after }), stranger.follow({ after })];
    const id = await confirmed();
    await Promise.all([hers.until(has(id, 'CONFIRMED')), his.until(has(id, 'CONFIRMED'))]);
    expect(stepsOf(hers.events, id)).toEqual([1, 2, 3, 4, 5]);
    expect(stepsOf(his.events, id)).toEqual([5]);
    expect([theirs.events, theirs.errors]).toEqual([[], []]);
    for (const following of [hers, his, theirs]) await following.close();
  });

  it('sees as a customer what they collect from outside from the first step on, also when nothing comes of it', async () => {
    const after = await here();
    const hers = ama.follow({ after });
    const payer = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
    const collection = { payer, payeeWalletId: scene.amaUsd, amount: { amount: '5.00', currency: 'USD' } };
    const id = idOf(await ama.pay(collection));
    await ama.paymentIn(id, 'PENDING');
    expect((await ama.cancel(id)).userErrors).toEqual([]);
    await hers.until(has(id, 'CANCELLED'));
    expect(stepsOf(hers.events, id)).toEqual([1, 2, 3, 4]);
    await hers.close();
    rail.decideAll(refusedBy('COUNTERPARTY_DECLINED'));
    const undecided = { state: { in: ['CREATED', 'SUBMITTED', 'ACCEPTED'] } } satisfies Prisma.PaymentAttemptWhereInput;
    await eventually(async () => (await scene.client.paymentAttempt.count({ where: undecided })) === 0, 25_000);
  });

  it('is given what the filter says, its states being those that steps enter', async () => {
    const after = await here();
    const reviews = operator.follow({ after, filter: { states: ['IN_REVIEW', 'CANCELLED'], walletId: scene.amaUsd } });
    const large = operator.follow({ after, filter: { amount: { currency: 'USD', min: '100' } } });
    const id = await waiting();
    await confirmed();
    await ama.cancel(id);
    await reviews.until(has(id, 'CANCELLED'));
    expect(reviews.events.map(({ change }) => [change.payment.id, change.state])).toEqual([
      [id, 'IN_REVIEW'],
      [id, 'CANCELLED'],
    ]);
    expect(large.events).toEqual([]);
    for (const following of [reviews, large]) await following.close();
  });

  it.each([
    [{ after: '-1' }, 'BAD_USER_INPUT'],
    [{ after: 'x' }, 'BAD_USER_INPUT'],
    [{ after: '999999999' }, 'BAD_USER_INPUT'],
    [{ filter: { customerId: 'cus_1' } }, 'FORBIDDEN'],
    [{ filter: { amount: { currency: 'JPY', min: '0.1' } } }, 'BAD_USER_INPUT'],
  ])('is refused with %j', async (variables, code) => {
    const refused = ama.follow(variables);
    await refused.completed;
    expect(refused.errors[0]?.extensions.code).toBe(code);
  });
});

describe('following goes on', () => {
  it('without gap or duplicate across reconnects and processes, under load', async () => {
    const other = await scene.start();
    const deaf = await scene.start({ rereadMs: 40 }, memoryBus());
    const processes = [service, other, deaf];
    let after = await here();
    const start = Number(after);
    const paying = Array.from({ length: 60 }, (_, index) => pay(scene.asAma(processes[index % 3] ?? service)));
    const ids = await Promise.all(paying);
    const seen: ActivityAnswer[] = [];
    for (let turn = 0; !ids.every((id) => has(id, 'CONFIRMED')(seen)); turn += 1) {
      const following = scene.asOperator(processes[turn % 3] ?? service).follow({ after });
      await following.until(
        ({ length }) => length >= 40 || ids.every((id) => has(id, 'CONFIRMED')([...seen, ...following.events])),
      );
      await following.close();
      seen.push(...following.events);
      after = following.events.at(-1)?.cursor ?? after;
    }
    expect(cursorsOf(seen)).toEqual(positions(start, start + seen.length));
    for (const id of ids) expect(stepsOf(seen, id)).toEqual([1, 2, 3, 4, 5]);
    await Promise.all([other.stop(), deaf.stop()]);
  }, 120_000);

  it('past a transaction that stays open, and in order past one that began earlier and ended later', async () => {
    const [first, second] = [await waiting(), await waiting()].sort();
    if (first === undefined || second === undefined) throw new Error('two payments');
    const after = await here();
    const following = operator.follow({ after });
    const early = new pg.Client(scene.database.migrationUrl);
    await early.connect();
    try {
      await early.query('BEGIN');
      await early.query(cancelling, [first]);
      // Ends and is told while the earlier one is still open.
      await ama.cancel(second);
      await following.until(has(second, 'CANCELLED'));
      expect(stepsOf(following.events, first)).toEqual([]);
      await early.query('COMMIT');
      await following.until(has(first, 'CANCELLED'));
      expect(cursorsOf(following.events)).toEqual(positions(Number(after), Number(after) + 2));
    } finally {
      await early.end();
      await following.close();
    }
  });
});

/** Takes the last step of a payment under review, as a process would. */
const cancelling = `
  WITH moved AS (
    UPDATE payment SET state = 'CANCELLED', sequence = sequence + 1, lease_owner = NULL, lease_until = NULL
    WHERE id = $1 RETURNING id, sequence
  ), owed AS (
    INSERT INTO payment_compensation (payment_id, action) SELECT id, 'RELEASE_LIMITS'::compensation_action FROM moved
    UNION ALL SELECT id, 'VOID_RESERVATION' FROM moved
  )
  INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
  SELECT id, sequence, 'IN_REVIEW', 'CANCELLED', 'CANCELLED_BY_CUSTOMER', 'test' FROM moved`;

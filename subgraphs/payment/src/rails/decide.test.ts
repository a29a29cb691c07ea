import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { createMetrics } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AttemptAnswer, DecisionInput } from '../../test/answers.ts';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, refusedBy, type ScriptedAnswer, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, type Service, setScene } from '../../test/scene.ts';
import { createAttempts } from './attempt-store.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Longer than any test: of what became of an attempt nobody hears but by a webhook or a person. */
const never = 60 * 60_000;

const metrics = createMetrics({ service: 'payment', host: '127.0.0.1' });
let scene: Scene;
let service: Service;
let ama: Person;
let operator: Person;
let rail: ScriptedRail;

beforeAll(async () => {
  scene = await setScene();
  rail = scriptRail('momo');
  const rails = { ...testRails, statusPauseMs: { baseMs: never, capMs: never }, doubtMs: 0 };
  service = await scene.start({ rails }, scene.bus, [rail], metrics);
  ama = scene.asAma(service);
  operator = scene.asOperator(service);
});

afterAll(async () => {
  try {
    await scene.client.paymentAttempt.updateMany({ data: { contradictedAt: null } });
    expect(await scene.troubles()).toEqual([]);
  } finally {
    await scene.stop();
  }
});

/** Says at once that the money has moved: as much as was asked for, unless told. */
const arrived = (amount: bigint | null = null): ScriptedAnswer => ({
  ...{ kind: 'CONFIRMED', railReference: 'rail-1', charge: null },
  amount: amount === null ? null : { amount, currency: currencyOf('USD') },
});
const payOut = async () => {
  const payee = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
  return idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee, amount: { amount: '40.00', currency: 'USD' } }));
};
/** The only attempt of a payment, once it is as it is to be and in no worker's hands. */
const attemptOf = async (id: string, isSo: (attempt: AttemptAnswer) => boolean): Promise<AttemptAnswer> => {
  let found: AttemptAnswer | undefined;
  await eventually(async () => {
    [found] = (await operator.attempts(id)) ?? [];
    const held = await scene.client.paymentAttempt.count({ where: { paymentId: id, leaseUntil: { gt: new Date() } } });
    return held === 0 && found !== undefined && isSo(found);
  }, 25_000);
  if (!found) throw new Error(`${id} was not tried`);
  return found;
};
const inDoubt = async () => {
  rail.answers.push({ kind: 'UNKNOWN', why: 'no answer' });
  const id = await payOut();
  return { id, attempt: await attemptOf(id, ({ attention }) => attention === 'IN_DOUBT') };
};
const tell = (reference: string, news: object) =>
  fetch(service.url.replace('/graphql', '/webhooks/rails/momo'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': 'good' },
    body: JSON.stringify([{ kind: 'ATTEMPT', eventId: randomUUID(), reference, news }]),
  });
const contradicted = async () => {
  rail.answers.push(arrived());
  const id = await payOut();
  await ama.paymentIn(id, 'CONFIRMED');
  await tell(rail.handedOver.at(-1)?.reference ?? '', refusedBy('NOT_ALLOWED'));
  return { id, attempt: await attemptOf(id, ({ attention }) => attention === 'CONTRADICTED') };
};

describe('an operator who knows what became of a payout', () => {
  it('has it confirmed, and says how that was found out, for good', async () => {
    const { id, attempt } = await inDoubt();
    const found = { outcome: 'CONFIRMED', railReference: 'FT-1', note: 'on the statement of 22 November' } as const;
    expect(await operator.decide({ attemptId: attempt.id, ...found })).toMatchObject({
      attempt: { state: 'CONFIRMED', railReference: 'FT-1', attention: null, inDoubt: false },
      userErrors: [],
    });
    await ama.paymentIn(id, 'CONFIRMED');
    expect(scene.ledger.entriesOf(id)).toContain('CREDIT RAIL_CLEARING USD momo 4000');
    const [decided] = (await operator.attempts(id)) ?? [];
    expect(decided?.decisions).toMatchObject([{ ...found, decidedBy: scene.operator }]);
    const change = scene.client.$executeRaw`DELETE FROM payment_attempt_decision`;
    await expect(change).rejects.toThrow('permission denied');
  });

  it('has it fail when it was not carried out, and the money is back', async () => {
    const before = scene.ledger.available(scene.amaUsd);
    const { id, attempt } = await inDoubt();
    expect((await operator.decide({ attemptId: attempt.id, outcome: 'NOT_EXECUTED' })).userErrors).toEqual([]);
    expect((await ama.paymentIn(id, 'FAILED')).failure?.code).toBe('RAIL_UNAVAILABLE');
    expect(scene.ledger.available(scene.amaUsd)).toBe(before);
  });

  it('settles that another amount has moved than was asked for', async () => {
    rail.answers.push(arrived(4_100n));
    const id = await payOut();
    const attempt = await attemptOf(id, ({ attention }) => attention === 'AMOUNT_MISMATCH');
    await operator.decide({ attemptId: attempt.id, outcome: 'CONFIRMED' });
    await ama.paymentIn(id, 'CONFIRMED');
  });

  it('is believed once, whoever else says the opposite at the same moment', async () => {
    const { id, attempt } = await inDoubt();
    const outcomes = ['CONFIRMED', 'NOT_EXECUTED', 'CONFIRMED', 'NOT_EXECUTED'] as const;
    const answers = await Promise.all(outcomes.map((outcome) => operator.decide({ attemptId: attempt.id, outcome })));
    const [made, ...others] = answers.toSorted((left) => (left.attempt ? -1 : 1));
    expect(made?.userErrors).toEqual([]);
    for (const { userErrors } of others) expect(userErrors).toMatchObject([{ code: 'ALREADY_DECIDED' }]);
    await ama.paymentIn(id, made?.attempt?.state === 'CONFIRMED' ? 'CONFIRMED' : 'FAILED');
  });

  it('may say it again under the same key', async () => {
    const { id, attempt } = await inDoubt();
    const input: DecisionInput = { attemptId: attempt.id, outcome: 'CONFIRMED', idempotencyKey: randomUUID() };
    const answers = await Promise.all([input, input, input].map((one) => operator.decide(one)));
    expect(answers.map(({ replayed }) => replayed).sort()).toEqual([false, true, true]);
    expect((await operator.decide({ ...input, outcome: 'NOT_EXECUTED' })).userErrors).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED', field: ['input', 'idempotencyKey'] },
    ]);
    await ama.paymentIn(id, 'CONFIRMED');
    expect((await operator.attempts(id))?.[0]?.decisions).toHaveLength(1);
  });
});

describe('a payout that had arrived and whose rail denies it', () => {
  it('comes back once an operator says that it was not carried out', async () => {
    const before = scene.ledger.available(scene.amaUsd);
    const { id, attempt } = await contradicted();
    const { attempt: decided } = await operator.decide({ attemptId: attempt.id, outcome: 'NOT_EXECUTED' });
    expect(decided).toMatchObject({ state: 'RETURNED', attention: null });
    // All but the fee.
    await eventually(() => scene.ledger.available(scene.amaUsd) === before - 40n, 25_000);
    await ama.paymentIn(id, 'REFUNDED');
  });

  it('wants nobody any more once an operator says that it was, until the rail denies it again', async () => {
    const { id, attempt } = await contradicted();
    const { attempt: decided } = await operator.decide({ attemptId: attempt.id, outcome: 'CONFIRMED' });
    expect(decided).toMatchObject({ state: 'CONFIRMED', attention: null });
    await tell(rail.handedOver.at(-1)?.reference ?? '', refusedBy('NOT_ALLOWED'));
    await attemptOf(id, ({ attention }) => attention === 'CONTRADICTED');
  });
});

describe('attempts that want people', () => {
  it('are listed until somebody has decided them, oldest first, page by page, by rail and reason', async () => {
    const doubtful = [await inDoubt(), await inDoubt()] as const;
    const denied = await contradicted();
    const ids = [...doubtful, denied].map(({ id }) => id);
    const listed = async (variables: object = {}) =>
      (await operator.railAttempts(variables)).nodes.map(({ subjectId }) => subjectId).filter((id) => ids.includes(id));
    expect(await listed()).toEqual(ids);
    expect(await listed({ reasons: ['CONTRADICTED'] })).toEqual([denied.id]);
    expect(await listed({ rail: 'other' })).toEqual([]);
    const first = await operator.railAttempts({ reasons: ['IN_DOUBT'], first: 1 });
    expect(first).toMatchObject({ nodes: [{ subjectId: ids[0] }], pageInfo: { hasNextPage: true } });
    await operator.decide({ attemptId: doubtful[0].attempt.id, outcome: 'CONFIRMED' });
    const next = await operator.railAttempts({ reasons: ['IN_DOUBT'], after: first.pageInfo.endCursor });
    expect(next.nodes.map(({ subjectId }) => subjectId)).toEqual([ids[1]]);

    const count = (reason: string) =>
      sumOf(metrics.registry, 'paygraph_rail_attempts_attention', { rail: 'momo', reason });
    expect(await count('IN_DOUBT')).toBe(1);
    expect(await count('AMOUNT_MISMATCH')).toBe(0);
    for (const { attempt } of [doubtful[1], denied])
      await operator.decide({ attemptId: attempt.id, outcome: 'CONFIRMED' });
    expect(await listed()).toEqual([]);
    expect(await count('IN_DOUBT')).toBe(0);
    await Promise.all(doubtful.map(({ id }) => ama.paymentIn(id, 'CONFIRMED')));
  });

  it('are told of in the log as soon as their rail contradicts itself', async () => {
    const { attempt } = await contradicted();
    const error = vi.fn();
    const again = {
      railReference: null,
      refusal: null,
      railCode: 'NO',
      charge: null,
      returned: null,
      delayMs: 0,
      countsAsTry: false,
    };
    const denial = { id: attempt.id, epoch: null, state: 'REFUSED', inDoubt: null, ...again } as const;
    expect(await createAttempts(scene.client, undefined, { error }).record([denial])).toEqual([]);
    expect(error).toHaveBeenCalledExactlyOnceWith(
      { attempt: attempt.id, rail: 'momo', state: 'CONFIRMED' },
      'a rail contradicts what it had said for good',
    );
    await operator.decide({ attemptId: attempt.id, outcome: 'CONFIRMED' });
  });

  it('are for staff alone', async () => {
    const query = '{ railAttempts { nodes { id } } }';
    expect((await ama.send(query, {})).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await scene.asAnalyst(service).send(query, {})).errors).toBeUndefined();
  });
});

describe('an attempt is not decided', () => {
  it.each<[string, Partial<DecisionInput>, string, string]>([
    ['that there is not', { attemptId: newId('att') }, 'ATTEMPT_NOT_FOUND', 'attemptId'],
    ['by an id of nothing', { attemptId: 'x\0' }, 'ATTEMPT_NOT_FOUND', 'attemptId'],
    ['without a reason', { note: ' ' }, 'NOTE_INVALID', 'note'],
    ['with too long a reference', { railReference: 'x'.repeat(65) }, 'REFERENCE_INVALID', 'railReference'],
    ['without a key', { idempotencyKey: '' }, 'IDEMPOTENCY_KEY_INVALID', 'idempotencyKey'],
  ])('%s', async (_what, change, code, field) => {
    const outcome = await operator.decide({ attemptId: newId('att'), outcome: 'CONFIRMED', ...change });
    expect(outcome).toMatchObject({ attempt: null, userErrors: [{ code, field: ['input', field] }] });
  });

  it('while its rail is only slow, nor when nothing contradicts how it ended', async () => {
    const id = await payOut();
    const attempt = await attemptOf(id, ({ state }) => state === 'ACCEPTED');
    const decide = () => operator.decide({ attemptId: attempt.id, outcome: 'NOT_EXECUTED' });
    expect((await decide()).userErrors).toMatchObject([{ code: 'NOT_IN_DOUBT' }]);
    await tell(rail.handedOver.at(-1)?.reference ?? '', confirmed);
    await ama.paymentIn(id, 'CONFIRMED');
    expect((await decide()).userErrors).toMatchObject([{ code: 'ALREADY_DECIDED' }]);
  });

  it('by anybody but an operator', async () => {
    const query = 'mutation ($input: DecideRailAttemptInput!) { decideRailAttempt(input: $input) { replayed } }';
    const input = { idempotencyKey: randomUUID(), attemptId: newId('att'), outcome: 'CONFIRMED', note: 'mine' };
    for (const stranger of [ama, scene.asAnalyst(service)])
      expect((await stranger.send(query, { input })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

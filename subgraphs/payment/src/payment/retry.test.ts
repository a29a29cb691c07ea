import { newId } from '@paygraph/ids';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, type ScriptedRail, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, setScene } from '../../test/scene.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Longer than any test: what waits so long goes on only because somebody says so. */
const never = 60 * 60_000;

let scene: Scene;
let ama: Person;
let operator: Person;
let rail: ScriptedRail;

beforeAll(async () => {
  scene = await setScene();
  rail = scriptRail('momo');
  const service = await scene.start(
    {
      backoff: { baseMs: never, capMs: never },
      pollMs: never,
      rails: { ...testRails, statusPauseMs: { baseMs: never, capMs: never }, parkMs: never },
    },
    scene.bus,
    [rail],
  );
  ama = scene.asAma(service);
  operator = scene.asOperator(service);
});

afterAll(() => scene.stop());

const payOut = async () => {
  const payee = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
  return idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee, amount: { amount: '40.00', currency: 'USD' } }));
};
const isDue = async (id: string) => {
  const { nextAttemptAt, attempts } = await scene.client.payment.findUniqueOrThrow({ where: { id } });
  return attempts === 0 && nextAttemptAt <= new Date();
};

describe('an operator who has a payment tried again', () => {
  it('spares it the pause after a peer had not answered', async () => {
    scene.risk.misbehave('down', { times: 1 });
    const id = idOf(await ama.pay(scene.dollars('5.00')));
    await eventually(async () => {
      const { state, attempts } = await scene.client.payment.findUniqueOrThrow({ where: { id } });
      return state === 'VALIDATING' && attempts === 1;
    }, 25_000);
    expect(await isDue(id)).toBe(false);
    expect((await operator.retry(id, 'Ticket 4711: risk was down')).userErrors).toEqual([]);
    await ama.paymentIn(id, 'CONFIRMED');
    const [retry, ...others] = (await operator.retries(id)) ?? [];
    expect(retry).toMatchObject({ requestedBy: scene.operator, note: 'Ticket 4711: risk was down' });
    expect(Date.parse(retry?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(others).toEqual([]);
    expect(await ama.retries(id)).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['blanks', '  '],
    ['too much', 'x'.repeat(201)],
  ])('has to say why, and not %s', async (_what, note) => {
    const id = idOf(await ama.pay(scene.dollars('1.00')));
    expect((await operator.retry(id, note)).userErrors).toMatchObject([
      { code: 'NOTE_INVALID', field: ['input', 'note'] },
    ]);
    expect(await operator.retries(id)).toEqual([]);
  });

  it('stays on record, whoever would have it otherwise', async () => {
    const id = idOf(await ama.pay({ ...scene.dollars('1.00'), captureMethod: 'MANUAL' }));
    const insert = (note: string) =>
      scene.client
        .$executeRaw`INSERT INTO payment_retry (payment_id, actor, note) VALUES (${id}, ${scene.operator}, ${note})`;
    await insert('for the test');
    await expect(insert('')).rejects.toThrow('payment_retry_note_check');
    const owner = new pg.Client(scene.database.migrationUrl);
    await owner.connect();
    try {
      for (const change of [
        "UPDATE payment_retry SET note = 'other'",
        'DELETE FROM payment_retry',
        'TRUNCATE payment_retry',
      ])
        await expect(owner.query(change)).rejects.toThrow('never changed or removed');
    } finally {
      await owner.end();
    }
    await ama.cancel(id);
  });

  it('has its rail asked at once, and the money moves once', async () => {
    const id = await payOut();
    await eventually(
      async () => (await scene.client.paymentAttempt.count({ where: { paymentId: id, state: 'ACCEPTED' } })) === 1,
      25_000,
    );
    rail.decideAll(confirmed);
    // More often than once does no harm.
    await Promise.all([operator.retry(id), operator.retry(id)]);
    await ama.paymentIn(id, 'CONFIRMED');
    expect(await operator.retries(id)).toHaveLength(2);
    expect(rail.handedOver).toHaveLength(1);
    rail.decideAll(null);
  });

  it('is told when there is no such payment', async () => {
    expect((await operator.retry(newId('pay'))).userErrors).toMatchObject([
      { code: 'PAYMENT_NOT_FOUND', field: ['input', 'paymentId'] },
    ]);
    expect((await operator.retry('a payment')).userErrors).toMatchObject([{ code: 'PAYMENT_NOT_FOUND' }]);
  });

  it('is told where it stands when it is not under way', async () => {
    const done = idOf(await ama.pay(scene.dollars('1.00')));
    await ama.paymentIn(done, 'CONFIRMED');
    expect((await operator.retry(done)).userErrors).toMatchObject([
      { code: 'NOT_RETRYABLE', message: 'The payment is CONFIRMED.', field: ['input', 'paymentId'] },
    ]);
    expect((await ama.payment(done))?.timeline.at(-1)?.state).toBe('CONFIRMED');
    expect(await operator.retries(done)).toEqual([]);
  });

  it('is told that it waits for its capture, and nothing is captured', async () => {
    const manual = idOf(await ama.pay({ ...scene.dollars('1.00'), captureMethod: 'MANUAL' }));
    await ama.paymentIn(manual, 'PENDING');
    expect((await operator.retry(manual)).userErrors).toMatchObject([
      { code: 'NOT_RETRYABLE', message: 'The payment waits for its capture.' },
    ]);
    expect((await ama.cancel(manual)).payment).toMatchObject({ state: 'CANCELLED' });
  });

  it('is an operator: nobody else may', async () => {
    const service = await scene.start();
    const query = 'mutation ($input: RetryPaymentInput!) { retryPayment(input: $input) { payment { id } } }';
    const input = { paymentId: newId('pay'), note: 'a test' };
    for (const stranger of [scene.asAma(service), scene.asAnalyst(service)]) {
      const { errors } = await stranger.send(query, { input });
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually } from '../../test/platform.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';
import { fingerprintOf } from './idempotency.ts';

describe('a fingerprint', () => {
  const input = {
    idempotencyKey: 'one',
    payerWalletId: 'wal_1',
    payeeWalletId: 'wal_2',
    amount: { amount: '12.3', currency: 'USD' },
    metadata: { a: { c: 1, b: [2, null] } },
  };
  const of = (change: object) => Buffer.from(fingerprintOf('createPayment', { ...input, ...change })).toString('hex');

  it.each<[string, object]>([
    ['the key', { idempotencyKey: 'two' }],
    ['zeros at the end of the amount', { amount: { amount: '12.30', currency: 'USD' } }],
    ['zeros at its beginning', { amount: { currency: 'USD', amount: '012.3' } }],
    ['the order of fields', { metadata: { a: { b: [2, null], c: 1 } } }],
    ['fields that say nothing', { quoteId: null, other: undefined }],
  ])('does not depend on %s', (_name, change) => {
    expect(of(change)).toBe(of({}));
  });

  it.each<[string, object]>([
    ['the amount', { amount: { amount: '123', currency: 'USD' } }],
    ['the currency', { amount: { amount: '12.3', currency: 'EUR' } }],
    ['a wallet', { payeeWalletId: 'wal_3' }],
    ['the quote', { quoteId: 'quo_1' }],
    ['the order of a list', { metadata: { a: { c: 1, b: [null, 2] } } }],
    ['a null inside the metadata', { metadata: { a: { c: 1, b: [2, null] }, d: null } }],
  ])('depends on %s', (_name, change) => {
    expect(of(change)).not.toBe(of({}));
  });

  it('depends on the operation', () => {
    expect(fingerprintOf('recordDeposit', input)).not.toEqual(fingerprintOf('createPayment', input));
  });

  it('differs for amounts that differ, and only for those', () => {
    const decimal = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat({ max: 6 }));
    const text = ([digits, scale]: [bigint, number]) => {
      const padded = digits.toString().padStart(scale + 1, '0');
      return scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
    };
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        const equal = left[0] * 10n ** BigInt(right[1]) === right[0] * 10n ** BigInt(left[1]);
        const print = (one: [bigint, number]) => of({ amount: { amount: text(one), currency: 'USD' } });
        expect(print(left) === print(right)).toBe(equal);
      }),
    );
  });
});

describe('an idempotency key', () => {
  let scene: Scene;
  let service: Service;
  let asAma: Person;

  beforeAll(async () => {
    scene = await setScene();
    service = await scene.start();
    asAma = scene.asAma(service);
  });

  afterAll(async () => {
    expect(await scene.troubles()).toEqual([]);
    await scene.stop();
  });

  it('gives the same payment again, as it is by then', async () => {
    const idempotencyKey = randomUUID();
    const first = await asAma.pay({ ...scene.dollars('12.3'), idempotencyKey });
    await asAma.paymentIn(idOf(first), 'CONFIRMED');
    const second = await asAma.pay({ ...scene.dollars('12.30'), idempotencyKey });
    expect(second).toMatchObject({ replayed: true, payment: { id: idOf(first), state: 'CONFIRMED' }, userErrors: [] });
  });

  it('gives it also when the payment could not be made any more', async () => {
    const idempotencyKey = randomUUID();
    const first = await asAma.pay({ ...scene.dollars('1'), idempotencyKey });
    scene.wallets.setStatus(scene.amaUsd, 'FROZEN');
    expect(await asAma.pay({ ...scene.dollars('1'), idempotencyKey })).toMatchObject({
      replayed: true,
      payment: { id: idOf(first) },
    });
    scene.wallets.setStatus(scene.amaUsd, 'ACTIVE');
  });

  it('gives it also when those who would be asked about a new one do not answer', async () => {
    const idempotencyKey = randomUUID();
    const first = await asAma.pay({ ...scene.dollars('1'), idempotencyKey });
    scene.wallets.misbehave('down');
    expect(await asAma.pay({ ...scene.dollars('1'), idempotencyKey })).toMatchObject({
      replayed: true,
      payment: { id: idOf(first) },
    });
    scene.wallets.behave();
    await asAma.paymentIn(idOf(first), 'CONFIRMED');
  });

  it('is refused with another input', async () => {
    const idempotencyKey = randomUUID();
    await asAma.pay({ ...scene.dollars('1'), idempotencyKey });
    expect(await asAma.pay({ ...scene.dollars('2'), idempotencyKey })).toMatchObject({
      payment: null,
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['input', 'idempotencyKey'] }],
    });
  });

  it('is one over all mutations that move money', async () => {
    const idempotencyKey = randomUUID();
    const asOperator = scene.asOperator(service);
    const deposit = {
      walletId: scene.benUsd,
      amount: { amount: '1', currency: 'USD' },
      reference: 'A',
      idempotencyKey,
    };
    await asOperator.paymentIn(idOf(await asOperator.deposit(deposit)), 'CONFIRMED');
    expect(await asOperator.deposit(deposit)).toMatchObject({ replayed: true });
    expect(await asOperator.deposit({ ...deposit, reference: 'B' })).toMatchObject({
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }],
    });
  });

  it('belongs to its caller', async () => {
    const idempotencyKey = randomUUID();
    scene.ledger.fund(scene.benUsd, '10', 'USD');
    const back = { payerWalletId: scene.benUsd, payeeWalletId: scene.amaUsd, amount: { amount: '1', currency: 'USD' } };
    const hers = await asAma.pay({ ...scene.dollars('1'), idempotencyKey });
    const his = await scene.asBen(service).pay({ ...back, idempotencyKey });
    expect(his).toMatchObject({ replayed: false, userErrors: [] });
    expect(idOf(his)).not.toBe(idOf(hers));
  });

  it('makes one payment of many requests at once: 200, every second key repeated, are 100', async () => {
    const before = await scene.client.payment.count();
    const inputs = Array.from({ length: 100 }, () => ({ ...scene.dollars('1.00'), idempotencyKey: randomUUID() }));
    const repeated = inputs.flatMap((input) => [input, { ...input, amount: { amount: '1', currency: 'USD' } }]);
    const answers = await Promise.all(repeated.map((input) => asAma.pay(input)));

    expect(answers.filter(({ replayed }) => replayed)).toHaveLength(100);
    const ids = new Set(answers.map(idOf));
    expect(ids.size).toBe(100);
    expect(await scene.client.payment.count()).toBe(before + 100);
    const confirmed = () => scene.client.payment.count({ where: { id: { in: [...ids] }, state: 'CONFIRMED' } });
    await eventually(async () => (await confirmed()) === 100, 20_000);
  });
});

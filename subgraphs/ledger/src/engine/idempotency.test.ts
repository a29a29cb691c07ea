import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const fee = (walletId: string, amount: bigint) => [
  debit(wallet(walletId), amount),
  credit(house('FEE_REVENUE'), amount),
];

const postedBy = async (walletId: string) => (await ledger.holdings()).get(walletId);

describe('the same id', () => {
  it('with the same content is done once', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const payment = transaction(fee(payer, 10n), { metadata: { a: 1, b: { c: 2, d: [3] } } });
    const reordered = { ...payment, metadata: { b: { d: [3], c: 2 }, a: 1 } };
    expect(codes(await ledger.engine.post([payment]))).toEqual(['done']);
    expect(codes(await ledger.engine.post([reordered]))).toEqual(['done']);
    expect(await postedBy(payer)).toBe(90n);
  });

  it('with other content is refused', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const payment = transaction(fee(payer, 10n));
    await ledger.engine.post([payment]);
    const others = [
      { ...payment, entries: fee(payer, 11n) },
      { ...payment, kind: 'REFUND' as const },
      { ...payment, reference: 'another' },
      { ...payment, effectiveAt: new Date() },
      { ...payment, metadata: { note: '' } },
    ];
    for (const other of others) expect(codes(await ledger.engine.post([other]))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(await postedBy(payer)).toBe(90n);
  });

  it('has for content what is stored: a date in metadata is its text', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const payment = transaction(fee(payer, 10n), { metadata: { due: new Date('2026-10-01') } });
    expect(codes(await ledger.engine.post([payment]))).toEqual(['done']);
    const told = (due: unknown) => ({ ...payment, metadata: { due } });
    expect(codes(await ledger.engine.post([told('2026-10-01T00:00:00.000Z')]))).toEqual(['done']);
    expect(codes(await ledger.engine.post([told(new Date('2026-10-02'))]))).toEqual(['IDEMPOTENCY_CONFLICT']);
  });

  it('twice in one list is answered from the first: done if equal, refused if not', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const payment = transaction(fee(payer, 10n));
    const outcomes = await ledger.engine.post([payment, payment, { ...payment, reference: 'another' }, payment]);
    expect(codes(outcomes)).toEqual(['done', 'done', 'IDEMPOTENCY_CONFLICT', 'done']);
    expect(await postedBy(payer)).toBe(90n);
  });

  it('may be tried again after a refusal, which leaves no trace', async () => {
    const payer = await ledger.openWallet();
    const payment = transaction(fee(payer, 10n));
    const funding = transaction([debit(house('SETTLEMENT'), 10n), credit(wallet(payer), 10n)]);
    expect(codes(await ledger.engine.post([payment, funding, payment]))).toEqual([
      'INSUFFICIENT_FUNDS',
      'done',
      'done',
    ]);
    expect(await postedBy(payer)).toBe(0n);
  });

  it('posts once when two engines are given it at the same time', async () => {
    const other = ledger.anotherEngine();
    const payer = await ledger.openWallet({ funds: 1000n });
    const payments = Array.from({ length: 50 }, () => transaction(fee(payer, 10n)));
    const outcomes = await Promise.all(
      payments.flatMap((payment) => [
        ledger.engine.post([payment]),
        other.post([payment]),
        ledger.engine.post([payment]),
      ]),
    );
    expect(new Set(codes(outcomes.flat()))).toEqual(new Set(['done']));
    expect(await postedBy(payer)).toBe(500n);
  });

  it('gives one winner when two engines are given it with different content', async () => {
    const other = ledger.anotherEngine();
    const payer = await ledger.openWallet({ funds: 1000n });
    for (let round = 0; round < 20; round += 1) {
      const payment = transaction(fee(payer, 10n));
      const outcomes = await Promise.all([
        ledger.engine.post([payment]),
        other.post([{ ...payment, reference: 'another' }]),
      ]);
      expect(codes(outcomes.flat()).sort()).toEqual(['IDEMPOTENCY_CONFLICT', 'done']);
    }
    expect(await postedBy(payer)).toBe(800n);
  });

  it('cannot both post and capture', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const payment = transaction(fee(payer, 10n));
    const held = reservation(fee(payer, 10n));
    await ledger.engine.post([payment]);
    await ledger.engine.reserve([held]);
    const capture = { id: payment.id, reservationId: held.id };
    expect(codes(await ledger.engine.capture([capture]))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(codes(await ledger.engine.capture([{ ...capture, id: newId('txn') }]))).toEqual(['done']);
  });

  it('of a reservation has the capture at once beside its content, under an id of its own', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const [held, taken] = [reservation(fee(payer, 10n)), reservation(fee(payer, 20n))];
    const [first, second] = [newId('txn'), newId('txn')];
    expect(codes(await ledger.engine.reserve([held, { ...taken, captureAs: first }]))).toEqual(['done', 'done']);
    expect(codes(await ledger.engine.reserve([{ ...held, captureAs: second }, taken]))).toEqual(['done', 'done']);
    expect(codes(await ledger.engine.reserve([{ ...held, captureAs: second }]))).toEqual(['done']);
    expect(codes(await ledger.engine.reserve([{ ...taken, captureAs: newId('txn') }]))).toEqual([
      'RESERVATION_CAPTURED',
    ]);
    expect(codes(await ledger.engine.reserve([{ ...taken, captureAs: second }]))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(await postedBy(payer)).toBe(70n);
  });

  it('captures once, and a repeat is answered alike after the reservation has ended', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const held = reservation(fee(payer, 10n));
    const capture = { id: newId('txn'), reservationId: held.id };
    await ledger.engine.reserve([held]);
    expect(codes(await ledger.engine.capture([capture, capture]))).toEqual(['done', 'done']);
    expect(codes(await ledger.engine.capture([{ ...capture, releaseRest: false }]))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(await postedBy(payer)).toBe(90n);
  });
});

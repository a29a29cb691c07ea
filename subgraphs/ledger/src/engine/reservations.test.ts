import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balanceOf } from '../account/account.ts';
import {
  codes,
  credit,
  debit,
  eur,
  house,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import type { NewReservation } from './commands.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

/** Two wallets, the first with 100.00, and a reservation of 60.00 from it to the other. */
async function sixtyOfHundred(given: Partial<NewReservation> = {}) {
  const payer = await ledger.openWallet({ funds: 10_000n });
  const payee = await ledger.openWallet();
  const part = (amount: bigint) => [debit(wallet(payer), amount), credit(wallet(payee), amount)];
  const held = reservation(part(6000n), given);
  expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
  return { payer, payee, part, held };
}

const balance = async (walletId: string) => {
  const account = await ledger.database.account.findUniqueOrThrow({ where: { walletId } });
  const { posted, available, pendingIn, pendingOut } = balanceOf(account);
  return { posted: posted.amount, available: available.amount, in: pendingIn.amount, out: pendingOut.amount };
};

const capture = async (reservationId: string, given: object = {}) => {
  const [code] = codes(await ledger.engine.capture([{ id: newId('txn'), reservationId, ...given }]));
  return code;
};

const stateOf = async (id: string) => (await ledger.engine.statuses([id]))[0]?.state;

describe('a reservation', () => {
  it('takes from what is available and posts nothing', async () => {
    const { payer, payee, held } = await sixtyOfHundred();
    expect(await balance(payer)).toEqual({ posted: '100.00', available: '40.00', in: '0.00', out: '60.00' });
    expect(await balance(payee)).toEqual({ posted: '0.00', available: '0.00', in: '60.00', out: '0.00' });
    expect(await stateOf(held.id)).toBe('RESERVED');
  });

  it('leaves too little for another, and its credits are nobody’s to spend', async () => {
    const { payer, payee, part } = await sixtyOfHundred();
    const onward = reservation([debit(wallet(payee), 1n), credit(wallet(payer), 1n)]);
    const outcomes = await ledger.engine.reserve([reservation(part(4001n)), onward, reservation(part(4000n))]);
    expect(outcomes).toMatchObject([
      { code: 'INSUFFICIENT_FUNDS', account: payer },
      { code: 'INSUFFICIENT_FUNDS', account: payee },
      { done: true },
    ]);
  });

  it('that says so is captured at once, like those beside it that do not are not', async () => {
    const payer = await ledger.openWallet({ funds: 10_000n });
    const payee = await ledger.openWallet();
    const part = (amount: bigint) => [debit(wallet(payer), amount), credit(wallet(payee), amount)];
    const atOnce = () => newId('txn');
    const items = [
      reservation(part(6000n), { captureAs: atOnce() }),
      reservation(part(9000n), { captureAs: atOnce() }),
      reservation(part(1000n)),
      reservation(part(2000n), { captureAs: atOnce() }),
    ];
    const done = ['done', 'INSUFFICIENT_FUNDS', 'done', 'done'];
    expect(codes(await ledger.engine.reserve(items))).toEqual(done);
    expect(codes(await ledger.engine.reserve(items))).toEqual(done);
    expect(await balance(payer)).toEqual({ posted: '20.00', available: '10.00', in: '0.00', out: '10.00' });
    expect(await balance(payee)).toEqual({ posted: '80.00', available: '80.00', in: '10.00', out: '0.00' });
    const states = (await ledger.engine.statuses(items.map(({ id }) => id))).map(({ state }) => state);
    expect(states).toEqual(['CAPTURED', null, 'RESERVED', 'CAPTURED']);
    const [first] = items;
    expect(
      codes(await ledger.engine.capture([{ id: first?.captureAs ?? '', reservationId: first?.id ?? '' }])),
    ).toEqual(['done']);
  });

  it('that was made before is captured by a repeat that says so, and one that was given back is not', async () => {
    const { payee, held } = await sixtyOfHundred();
    expect(codes(await ledger.engine.reserve([{ ...held, captureAs: newId('txn') }]))).toEqual(['done']);
    expect(await balance(payee)).toMatchObject({ posted: '60.00', in: '0.00' });
    expect(codes(await ledger.engine.void([held.id]))).toEqual(['RESERVATION_CAPTURED']);
    const other = await sixtyOfHundred();
    await ledger.engine.void([other.held.id]);
    expect(codes(await ledger.engine.reserve([{ ...other.held, captureAs: newId('txn') }]))).toEqual([
      'RESERVATION_VOIDED',
    ]);
    expect(await balance(other.payee)).toMatchObject({ posted: '0.00', in: '0.00' });
  });

  it('stays reserved when it cannot be captured by an id that is taken', async () => {
    const { held } = await sixtyOfHundred();
    const taken = newId('txn');
    expect(await capture(held.id, { id: taken })).toBe('done');
    const { payer, part } = await sixtyOfHundred();
    const late = reservation(part(1000n), { captureAs: taken });
    expect(codes(await ledger.engine.reserve([late]))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(await stateOf(late.id)).toBe('RESERVED');
    expect(await balance(payer)).toMatchObject({ posted: '100.00', available: '30.00' });
  });

  it('is captured whole', async () => {
    const { payer, payee, held } = await sixtyOfHundred();
    expect(await capture(held.id)).toBe('done');
    expect(await balance(payer)).toEqual({ posted: '40.00', available: '40.00', in: '0.00', out: '0.00' });
    expect(await balance(payee)).toEqual({ posted: '60.00', available: '60.00', in: '0.00', out: '0.00' });
    expect(await stateOf(held.id)).toBe('CAPTURED');
    const [posted] = await ledger.database.transaction.findMany({ where: { reservationId: held.id } });
    expect(posted).toMatchObject({ kind: held.kind, reference: held.reference });
  });

  it('is captured in part, and the rest is released', async () => {
    const { payer, held, part } = await sixtyOfHundred();
    expect(await capture(held.id, { entries: part(2500n) })).toBe('done');
    expect(await balance(payer)).toEqual({ posted: '75.00', available: '75.00', in: '0.00', out: '0.00' });
    expect(await capture(held.id)).toBe('RESERVATION_CAPTURED');
  });

  it('is captured in several parts, the last of which ends it', async () => {
    const { payer, held, part } = await sixtyOfHundred();
    expect(await capture(held.id, { entries: part(2500n), releaseRest: false })).toBe('done');
    expect(await balance(payer)).toEqual({ posted: '75.00', available: '40.00', in: '0.00', out: '35.00' });
    expect(await capture(held.id, { entries: part(3501n), releaseRest: false })).toBe('EXCEEDS_RESERVATION');
    expect(await capture(held.id, { entries: part(3500n), releaseRest: false })).toBe('done');
    expect(await stateOf(held.id)).toBe('CAPTURED');
    expect(await balance(payer)).toEqual({ posted: '40.00', available: '40.00', in: '0.00', out: '0.00' });
  });

  it('is captured in several parts by one call', async () => {
    const { payer, held, part } = await sixtyOfHundred();
    const parts = [1000n, 2000n, 3001n, 3000n].map((amount) => ({
      id: newId('txn'),
      reservationId: held.id,
      entries: part(amount),
      releaseRest: false,
    }));
    expect(codes(await ledger.engine.capture(parts))).toEqual(['done', 'done', 'EXCEEDS_RESERVATION', 'done']);
    expect(await balance(payer)).toMatchObject({ posted: '40.00', out: '0.00' });
  });

  it('is not captured for what it does not hold', async () => {
    const { payer, payee, held } = await sixtyOfHundred();
    const backwards = [debit(wallet(payee), 1n), credit(wallet(payer), 1n)];
    const elsewhere = [debit(wallet(payer), 1n), credit(house('FEE_REVENUE'), 1n)];
    const inEuros = [debit(wallet(payer, eur), 1n), credit(wallet(payee, eur), 1n)];
    for (const entries of [backwards, elsewhere, inEuros])
      expect(await capture(held.id, { entries })).toBe('EXCEEDS_RESERVATION');
    expect(await capture(newId('res'))).toBe('RESERVATION_NOT_FOUND');
  });

  it('is voided, whole or what captures left of it', async () => {
    const { payer, held, part } = await sixtyOfHundred();
    await capture(held.id, { entries: part(1000n), releaseRest: false });
    expect(codes(await ledger.engine.void([held.id, held.id]))).toEqual(['done', 'done']);
    expect(await balance(payer)).toEqual({ posted: '90.00', available: '90.00', in: '0.00', out: '0.00' });
    expect(await capture(held.id)).toBe('RESERVATION_VOIDED');
    expect(await stateOf(held.id)).toBe('VOIDED');
  });

  it('is not voided once it is captured', async () => {
    const { held } = await sixtyOfHundred();
    await capture(held.id);
    expect(codes(await ledger.engine.void([held.id]))).toEqual(['RESERVATION_CAPTURED']);
  });

  it('cannot be made any more once its id was voided', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const late = reservation([debit(wallet(payer), 1n), credit(house('SUSPENSE'), 1n)]);
    expect(await stateOf(late.id)).toBe(null);
    expect(codes(await ledger.engine.void([late.id]))).toEqual(['done']);
    expect(await stateOf(late.id)).toBe('VOIDED');
    expect(codes(await ledger.engine.reserve([late]))).toEqual(['RESERVATION_VOIDED']);
    expect(codes(await ledger.engine.void([late.id]))).toEqual(['done']);
    expect(await capture(late.id)).toBe('RESERVATION_VOIDED');
  });

  it('expires after now and within 31 days', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const entries = [debit(wallet(payer), 1n), credit(house('SUSPENSE'), 1n)];
    const day = 24 * 3_600_000;
    const outcomes = await ledger.engine.reserve(
      [-1, 31 * day + 60_000, 31 * day - 60_000].map((ms) =>
        reservation(entries, { expiresAt: new Date(Date.now() + ms) }),
      ),
    );
    expect(codes(outcomes)).toEqual(['INVALID_INPUT', 'INVALID_INPUT', 'done']);
    expect(outcomes[0]).toMatchObject({ message: 'expiresAt must be in the future, at most 31 days ahead' });
  });

  it('is captured on a frozen account, which takes no new ones', async () => {
    const { payer, payee, held, part } = await sixtyOfHundred();
    const other = reservation(part(1000n));
    await ledger.engine.reserve([other]);
    await ledger.engine.setAccountStatuses([
      { walletId: payer, status: 'FROZEN' },
      { walletId: payee, status: 'FROZEN_CREDIT' },
    ]);
    expect(codes(await ledger.engine.reserve([reservation(part(1n))]))).toEqual(['ACCOUNT_FROZEN']);
    expect(codes(await ledger.engine.post([transaction(part(1n))]))).toEqual(['ACCOUNT_FROZEN']);
    expect(await capture(held.id)).toBe('done');
    expect(codes(await ledger.engine.void([other.id]))).toEqual(['done']);
  });

  it('made again with the same content is done while it holds and after its capture, and with other content refused', async () => {
    const { held } = await sixtyOfHundred();
    expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
    await capture(held.id);
    expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
    expect(codes(await ledger.engine.reserve([{ ...held, reference: 'another' }]))).toEqual(['IDEMPOTENCY_CONFLICT']);
  });

  it('made again after it was given back holds nothing, and says so', async () => {
    const { payer, held } = await sixtyOfHundred();
    await ledger.engine.void([held.id]);
    expect(codes(await ledger.engine.reserve([held]))).toEqual(['RESERVATION_VOIDED']);
    expect(await balance(payer)).toMatchObject({ available: '100.00' });
  });
});

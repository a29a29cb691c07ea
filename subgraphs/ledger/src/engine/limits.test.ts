import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  usd,
  wallet,
} from '../testing/fixture.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const limit = async (walletId: string, creditLimit: bigint, ceiling?: bigint, currency = usd) =>
  codes(await ledger.engine.setAccountLimits([{ walletId, currency, creditLimit, ceiling }]));
const spending = (walletId: string, amount: bigint) => [
  debit(wallet(walletId), amount),
  credit(house('SUSPENSE'), amount),
];
const receiving = (walletId: string, amount: bigint) => [
  debit(house('SETTLEMENT'), amount),
  credit(wallet(walletId), amount),
];
const post = async (entries: ReturnType<typeof spending>) => codes(await ledger.engine.post([transaction(entries)]));
const reserve = async (entries: ReturnType<typeof spending>) =>
  codes(await ledger.engine.reserve([reservation(entries)]));

describe('a credit limit', () => {
  it('lets an account go so far below zero and no further', async () => {
    const walletId = await ledger.openWallet({ funds: 100n });
    expect(await limit(walletId, 50n)).toEqual(['done']);
    expect(await post(spending(walletId, 151n))).toEqual(['INSUFFICIENT_FUNDS']);
    expect(await post(spending(walletId, 150n))).toEqual(['done']);
    expect((await ledger.holdings()).get(walletId)).toBe(-50n);
  });

  it('is not lowered below what is used of it', async () => {
    const walletId = await ledger.openWallet({ funds: 100n });
    await limit(walletId, 50n);
    await post(spending(walletId, 120n));
    expect(await limit(walletId, 19n)).toEqual(['INSUFFICIENT_FUNDS']);
    expect(await limit(walletId, 20n)).toEqual(['done']);
  });
});

describe('a ceiling', () => {
  it('bounds what an account holds, with all that is pending for it', async () => {
    const walletId = await ledger.openWallet({ funds: 100n });
    expect(await limit(walletId, 0n, 200n)).toEqual(['done']);
    expect(await reserve(receiving(walletId, 60n))).toEqual(['done']);
    expect(await post(receiving(walletId, 41n))).toEqual(['EXCEEDS_CEILING']);
    expect(await reserve(receiving(walletId, 41n))).toEqual(['EXCEEDS_CEILING']);
    expect(await post(receiving(walletId, 40n))).toEqual(['done']);
    // What is only reserved to leave makes no room yet.
    expect(await reserve(spending(walletId, 50n))).toEqual(['done']);
    expect(await post(receiving(walletId, 1n))).toEqual(['EXCEEDS_CEILING']);
    expect(await post(spending(walletId, 1n))).toEqual(['done']);
    expect(await post(receiving(walletId, 1n))).toEqual(['done']);
  });

  it('is kept to in the middle of a batch, in its order', async () => {
    const walletId = await ledger.openWallet({ funds: 100n });
    await limit(walletId, 0n, 110n);
    const items = [receiving(walletId, 10n), receiving(walletId, 1n), spending(walletId, 5n), receiving(walletId, 5n)];
    expect(codes(await ledger.engine.post(items.map((entries) => transaction(entries))))).toEqual([
      'done',
      'EXCEEDS_CEILING',
      'done',
      'done',
    ]);
  });

  it('that is lowered takes nothing from what is there, and one that is taken away binds no more', async () => {
    const walletId = await ledger.openWallet({ funds: 100n });
    expect(await limit(walletId, 0n, 50n)).toEqual(['done']);
    expect(await post(spending(walletId, 10n))).toEqual(['done']);
    expect(await post(receiving(walletId, 1n))).toEqual(['EXCEEDS_CEILING']);
    expect(await limit(walletId, 0n)).toEqual(['done']);
    expect(await post(receiving(walletId, 1n))).toEqual(['done']);
  });
});

describe('a ceiling as high as amounts go', () => {
  const most = 2n ** 63n - 1n;

  it('is refused with a credit limit that would take what is below it beyond 64 bits', async () => {
    const walletId = await ledger.openWallet();
    expect(await limit(walletId, 50n, most)).toEqual(['OVERFLOW']);
    expect(await limit(walletId, 50n, most - 50n)).toEqual(['done']);
    expect(await post(spending(walletId, 50n))).toEqual(['done']);
    expect(await post(spending(walletId, 1n))).toEqual(['INSUFFICIENT_FUNDS']);
    expect(await post(receiving(walletId, 50n))).toEqual(['done']);
  });

  it('lets money pass through an account that has none', async () => {
    const walletId = await ledger.openWallet();
    expect(await limit(walletId, 0n, most)).toEqual(['done']);
    const [out, back] = [debit(wallet(walletId), 5n), credit(wallet(walletId), 5n)];
    expect(await post([out, back])).toEqual(['done']);
  });
});

it('limits are for accounts that are there, in their own currency, and not closed', async () => {
  expect(await limit(newId('wal'), 0n)).toEqual(['ACCOUNT_NOT_FOUND']);
  const walletId = await ledger.openWallet();
  expect(await limit(walletId, 1n, undefined, eur)).toEqual(['INVALID_AMOUNT']);
  expect(await limit(walletId, -1n)).toEqual(['INVALID_AMOUNT']);
  await ledger.engine.setAccountStatuses([{ walletId, status: 'CLOSED' }]);
  expect(await limit(walletId, 1n)).toEqual(['ACCOUNT_CLOSED']);
});

describe('a reservation', () => {
  const hour = 3_600_000;
  const extend = async (reservationId: string, expiresAt: Date) =>
    codes(await ledger.engine.extend([{ reservationId, expiresAt }]));
  const expiryOf = async (id: string) =>
    (await ledger.database.reservation.findUniqueOrThrow({ where: { id } })).expiresAt;

  it('is given more time while it holds, never less', async () => {
    const held = reservation(spending(await ledger.openWallet({ funds: 10n }), 10n));
    await ledger.engine.reserve([held]);
    const later = new Date(held.expiresAt.getTime() + hour);
    expect(await extend(held.id, later)).toEqual(['done']);
    expect(await extend(held.id, held.expiresAt)).toEqual(['done']);
    expect(await expiryOf(held.id)).toEqual(later);
    expect(await extend(held.id, new Date(Date.now() + 32 * 24 * hour))).toEqual(['INVALID_INPUT']);
  });

  it('is given none when it is over, or was never made', async () => {
    const held = reservation(spending(await ledger.openWallet({ funds: 10n }), 10n));
    await ledger.engine.reserve([held]);
    await ledger.engine.void([held.id]);
    const later = new Date(Date.now() + 2 * hour);
    expect(await extend(held.id, later)).toEqual(['RESERVATION_VOIDED']);
    expect(await extend(newId('res'), later)).toEqual(['RESERVATION_NOT_FOUND']);
  });
});

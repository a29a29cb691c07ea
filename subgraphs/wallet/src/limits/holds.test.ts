import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PrismaClient, WalletStatus } from '../generated/prisma/client.ts';
import { limitUsageFaults } from '../testing/index.ts';
import { monthOf } from './day.ts';
import { createLimitHolds, type HoldRequest, type LimitHolds } from './holds.ts';

const usd = currencyOf('USD');
const today = new Date('2026-09-29T00:00:00Z');
const tomorrow = new Date('2026-09-30T00:00:00Z');
const nextMonth = new Date('2026-10-01T00:00:00Z');
const now = new Date('2026-09-29T12:00:00Z');
const limits = { perPayment: 100n, daily: 250n, monthly: 2_500n, balance: 10_000n };

describe('limit holds', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let holds: LimitHolds;
  let walletId: string;

  beforeAll(async () => {
    database = await createTestDatabase('wallet');
    prisma = openDatabase(database.databaseUrl);
    holds = createLimitHolds(prisma);
  });
  afterAll(async () => {
    expect(await limitUsageFaults(database.databaseUrl)).toEqual([]);
    await prisma.$disconnect();
    await database.drop();
  });
  beforeEach(async () => {
    walletId = await openWallet();
  });

  const openWallet = async (status: WalletStatus = 'ACTIVE') => {
    const id = newId('wal');
    const slot = status === 'CLOSED' ? null : 1;
    const freeze = status.startsWith('FROZEN') ? { freezeOrigin: 'OWNER' as const, frozenAt: now } : {};
    const data = { id, ownerId: newId('cus'), currency: 'USD', label: 'USD', status, slot, ...freeze };
    await prisma.wallet.create({ data });
    return id;
  };
  const request = (amount: number, more: Partial<HoldRequest> = {}): HoldRequest => ({
    paymentId: newId('pay'),
    walletId,
    amount: { amount: BigInt(amount), currency: usd },
    limits,
    ...more,
  });
  const takenOn = async (day: Date, id = walletId) =>
    (await prisma.limitUsage.findUnique({ where: { walletId_day: { walletId: id, day } } }))?.taken ?? 0n;
  const takenIn = async (day: Date) => {
    const month = monthOf(day);
    return (await prisma.monthlyUsage.findUnique({ where: { walletId_month: { walletId, month } } }))?.taken ?? 0n;
  };
  const outcomes = (results: readonly { status: string; code: string | null }[]) =>
    results.map(({ status, code }) => code ?? status);

  describe('reserving', () => {
    it('takes from the day what fits, each request judged alone and in order', async () => {
      const requests = [100, 101, 100, 60, 50, 1].map((amount) => request(amount));
      const results = await holds.reserve(requests, today);
      expect(results.map(({ paymentId }) => paymentId)).toEqual(requests.map(({ paymentId }) => paymentId));
      expect(outcomes(results)).toEqual([
        'HELD',
        'PER_PAYMENT_LIMIT_EXCEEDED',
        'HELD',
        'DAILY_LIMIT_EXCEEDED',
        'HELD',
        'DAILY_LIMIT_EXCEEDED',
      ]);
      expect(await takenOn(today)).toBe(250n);
    });

    it('begins anew each day', async () => {
      await holds.reserve([request(100), request(100), request(50)], today);
      expect(outcomes(await holds.reserve([request(1)], today))).toEqual(['DAILY_LIMIT_EXCEEDED']);
      expect(outcomes(await holds.reserve([request(100)], tomorrow))).toEqual(['HELD']);
    });

    it('keeps wallets apart', async () => {
      const other = await openWallet();
      const requests = [100, 100, 100].flatMap((amount) => [request(amount), request(amount, { walletId: other })]);
      expect(outcomes(await holds.reserve(requests, today))).toEqual([
        ...['HELD', 'HELD', 'HELD', 'HELD'],
        ...['DAILY_LIMIT_EXCEEDED', 'DAILY_LIMIT_EXCEEDED'],
      ]);
    });

    it('gives a payment its first answer again, also in the same call and on another day', async () => {
      const first = request(100);
      expect(outcomes(await holds.reserve([first, first], today))).toEqual(['HELD', 'HELD']);
      expect(outcomes(await holds.reserve([first], tomorrow))).toEqual(['HELD']);
      await holds.use([first.paymentId], now);
      expect(outcomes(await holds.reserve([first], today))).toEqual(['USED']);
      expect(await takenOn(today)).toBe(100n);
      expect(await takenOn(tomorrow)).toBe(0n);
    });

    it('refuses another amount or wallet for the same payment', async () => {
      const first = request(100);
      const { paymentId } = first;
      const others = [request(99, { paymentId }), request(100, { paymentId, walletId: await openWallet() })];
      expect(outcomes(await holds.reserve([first, ...others], today))).toEqual([
        'HELD',
        'HOLD_CONFLICT',
        'HOLD_CONFLICT',
      ]);
      expect(await takenOn(today)).toBe(100n);
    });

    it('stores no refusal: the same payment is judged anew', async () => {
      const early = [request(100), request(100), request(50)];
      await holds.reserve(early, today);
      const late = request(100);
      expect(outcomes(await holds.reserve([late], today))).toEqual(['DAILY_LIMIT_EXCEEDED']);
      await holds.release(
        early.map(({ paymentId }) => paymentId),
        now,
      );
      expect(outcomes(await holds.reserve([late], today))).toEqual(['HELD']);
    });

    it('refuses wallets that nothing may leave, and those that are none', async () => {
      const statuses = ['FROZEN_OUT', 'FROZEN', 'CLOSED', 'FROZEN_IN'] as const;
      const wallets = await Promise.all(statuses.map((status) => openWallet(status)));
      const requests = [...wallets, newId('wal'), 'no wallet'].map((id) => request(10, { walletId: id }));
      expect(outcomes(await holds.reserve(requests, today))).toEqual([
        'WALLET_NOT_ACTIVE',
        'WALLET_NOT_ACTIVE',
        'WALLET_NOT_ACTIVE',
        'HELD',
        'WALLET_NOT_FOUND',
        'WALLET_NOT_FOUND',
      ]);
    });

    it('refuses another currency than the wallet has', async () => {
      const yen = request(10, { amount: { amount: 10n, currency: currencyOf('JPY') } });
      expect(outcomes(await holds.reserve([yen], today))).toEqual(['CURRENCY_MISMATCH']);
    });

    it('takes nothing beyond a limit that was lowered', async () => {
      await holds.reserve([request(100), request(100)], today);
      const lower = { ...limits, daily: 150n };
      expect(outcomes(await holds.reserve([request(1, { limits: lower })], today))).toEqual(['DAILY_LIMIT_EXCEEDED']);
    });

    it('takes no more in a month than that allows, whichever of its limits is the tighter', async () => {
      const tight = { ...limits, monthly: 260n };
      const ask = async (amounts: number[], day: Date) =>
        outcomes(
          await holds.reserve(
            amounts.map((amount) => request(amount, { limits: tight })),
            day,
          ),
        );
      expect(await ask([100, 100, 60, 50], today)).toEqual(['HELD', 'HELD', 'DAILY_LIMIT_EXCEEDED', 'HELD']);
      expect(await ask([11, 10, 1], tomorrow)).toEqual(['MONTHLY_LIMIT_EXCEEDED', 'HELD', 'MONTHLY_LIMIT_EXCEEDED']);
      expect(await ask([100], nextMonth)).toEqual(['HELD']);
      expect([await takenIn(today), await takenIn(nextMonth)]).toEqual([260n, 100n]);
    });

    it('gives what is released back to the month that it was taken from', async () => {
      const [first, second] = [request(100), request(100)];
      await holds.reserve([first], today);
      await holds.reserve([second], nextMonth);
      await holds.release([first.paymentId, second.paymentId], new Date('2026-11-01T00:00:00Z'));
      expect([await takenIn(today), await takenIn(nextMonth)]).toEqual([0n, 0n]);
    });

    it('never takes more than a month allows, however many payments come at once on however many days', async () => {
      const tight = { ...limits, monthly: 250n };
      const days = [today, tomorrow];
      const calls = Array.from({ length: 40 }, (_, index) =>
        holds.reserve([request(30, { limits: tight })], days[index % 2] ?? today),
      );
      const held = (await Promise.all(calls)).flat().filter(({ status }) => status === 'HELD');
      expect(held).toHaveLength(8);
      expect(await takenIn(today)).toBe(240n);
    });

    it('never takes more than a day allows, however many payments come at once', async () => {
      const calls = Array.from({ length: 40 }, () => holds.reserve([request(30)], today));
      const held = (await Promise.all(calls)).flat().filter(({ status }) => status === 'HELD');
      expect(held).toHaveLength(8);
      expect(await takenOn(today)).toBe(240n);
    });

    it('holds once what is asked for many times at once', async () => {
      const first = request(100);
      const other = request(100, { paymentId: first.paymentId, walletId: await openWallet() });
      const calls = Array.from({ length: 20 }, (_, index) => holds.reserve([index % 2 ? first : other], today));
      const codes = outcomes((await Promise.all(calls)).flat()).sort();
      expect(codes).toEqual([...Array(10).fill('HELD'), ...Array(10).fill('HOLD_CONFLICT')]);
      expect((await takenOn(today)) + (await takenOn(today, other.walletId))).toBe(100n);
    });

    it('answers a thousand requests of one wallet in one call', async () => {
      const requests = Array.from({ length: 1_000 }, () => request(1));
      const results = outcomes(await holds.reserve(requests, today));
      expect(results).toEqual([...Array(250).fill('HELD'), ...Array(750).fill('DAILY_LIMIT_EXCEEDED')]);
    });
  });

  describe('using and releasing', () => {
    it('keeps what was used, and gives back what was released to the day it was taken from', async () => {
      const [paid, failed] = [request(100), request(60)];
      await holds.reserve([paid, failed], today);
      const nextDay = new Date('2026-09-30T00:00:01Z');
      expect(outcomes(await holds.use([paid.paymentId], nextDay))).toEqual(['USED']);
      expect(outcomes(await holds.release([failed.paymentId], nextDay))).toEqual(['RELEASED']);
      expect(await takenOn(today)).toBe(100n);
    });

    it('may be repeated', async () => {
      const [paid, failed] = [request(100), request(60)];
      await holds.reserve([paid, failed], today);
      for (const _time of [1, 2]) {
        expect(outcomes(await holds.use([paid.paymentId, paid.paymentId], now))).toEqual(['USED', 'USED']);
        expect(outcomes(await holds.release([failed.paymentId, failed.paymentId], now))).toEqual([
          'RELEASED',
          'RELEASED',
        ]);
      }
      expect(await takenOn(today)).toBe(100n);
    });

    it('gives back what was not captured of it, once', async () => {
      const [part, whole, other] = [request(100), request(60), request(40)];
      await holds.reserve([part, whole, other], today);
      const captured = new Map([
        [part.paymentId, 30n],
        [other.paymentId, 41n],
      ]);
      const ids = [part, whole, other].map(({ paymentId }) => paymentId);
      for (let times = 0; times < 2; times += 1)
        expect(outcomes(await holds.use(ids, now, captured))).toEqual(['USED', 'USED', 'HOLD_CONFLICT']);
      expect(await takenOn(today)).toBe(130n);
      expect(await takenIn(today)).toBe(130n);
      // What was asked for is still what a repetition is compared with.
      expect(outcomes(await holds.reserve([part], today))).toEqual(['USED']);
    });

    it('does not release what was used, nor use what was released', async () => {
      const [paid, failed] = [request(100), request(60)];
      await holds.reserve([paid, failed], today);
      await holds.use([paid.paymentId], now);
      await holds.release([failed.paymentId], now);
      expect(outcomes(await holds.release([paid.paymentId], now))).toEqual(['USED']);
      expect(outcomes(await holds.use([failed.paymentId, newId('pay')], now))).toEqual([
        'HOLD_RELEASED',
        'HOLD_NOT_FOUND',
      ]);
    });

    it('lets a payment that was released before it was held never hold anything', async () => {
      const late = request(10);
      expect(outcomes(await holds.release([late.paymentId, late.paymentId], now))).toEqual(['RELEASED', 'RELEASED']);
      expect(outcomes(await holds.reserve([late], today))).toEqual(['HOLD_RELEASED']);
      expect(outcomes(await holds.release([late.paymentId], now))).toEqual(['RELEASED']);
      expect(await takenOn(today)).toBe(0n);
    });

    it('leaves nothing taken when reserving and releasing race', async () => {
      const requests = Array.from({ length: 25 }, () => request(1));
      const ids = requests.map(({ paymentId }) => paymentId);
      await Promise.all([
        ...requests.map((one) => holds.reserve([one], today)),
        holds.reserve(requests.toReversed(), today),
        ...ids.map((id) => holds.release([id], now)),
        holds.release(ids.toReversed(), now),
      ]);
      expect(await takenOn(today)).toBe(0n);
      expect(outcomes(await holds.reserve(requests, today))).toEqual(Array(25).fill('HOLD_RELEASED'));
    });
  });

  describe('for any course of commands', () => {
    const payments = Array.from({ length: 8 }, (_, index) => index);
    const payment = fc.constantFrom(...payments);
    const reservation = fc.record({ payment, wallet: fc.constantFrom(0, 1), amount: fc.integer({ min: 1, max: 120 }) });
    const reservations = fc.uniqueArray(reservation, { maxLength: 6, selector: ({ payment: index }) => index });
    const command = fc.oneof(
      { weight: 4, arbitrary: fc.record({ reserve: reservations, late: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ use: fc.array(payment, { maxLength: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ release: fc.array(payment, { maxLength: 4 }) }) },
    );
    type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

    const world = async () => {
      const wallets = [await openWallet(), await openWallet()];
      const ids = payments.map(() => newId('pay'));
      const idOf = (index: number) => ids[index] ?? '';
      const walletOf = (index: number) => wallets[index] ?? '';
      const run = (step: Command) => {
        if ('use' in step) return holds.use(step.use.map(idOf), now);
        if ('release' in step) return holds.release(step.release.map(idOf), now);
        const requests = step.reserve.map(({ payment: index, wallet, amount }) =>
          request(amount, { paymentId: idOf(index), walletId: walletOf(wallet) }),
        );
        return holds.reserve(requests, step.late ? tomorrow : today);
      };
      return { wallets, run };
    };

    it('answers are those of a plain ledger of limits', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (steps) => {
          const { run } = await world();
          const model = createModel();
          for (const step of steps) expect(outcomes(await run(step))).toEqual(model(step));
        }),
        { numRuns: 40 },
      );
      expect(await limitUsageFaults(database.databaseUrl)).toEqual([]);
    });

    it('no counter exceeds its limit or differs from its holds, when all run at once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (steps) => {
          const { wallets, run } = await world();
          await Promise.all(steps.map(run));
          for (const wallet of wallets) {
            expect(await takenOn(today, wallet)).toBeLessThanOrEqual(limits.daily);
            expect(await takenOn(tomorrow, wallet)).toBeLessThanOrEqual(limits.daily);
          }
        }),
        { numRuns: 30 },
      );
      expect(await limitUsageFaults(database.databaseUrl)).toEqual([]);
    });

    /** The rules, one payment after the other, without a database. */
    function createModel() {
      const held = new Map<number, { wallet: number; amount: number; late: boolean; status: string }>();
      const released = new Set<number>();
      const taken = (wallet: number, late: boolean) =>
        [...held.values()]
          .filter((hold) => hold.wallet === wallet && hold.late === late && hold.status !== 'RELEASED')
          .reduce((sum, { amount }) => sum + amount, 0);

      const reserve = (index: number, wallet: number, amount: number, late: boolean) => {
        const hold = held.get(index);
        if (released.has(index)) return 'HOLD_RELEASED';
        if (hold && (hold.wallet !== wallet || hold.amount !== amount)) return 'HOLD_CONFLICT';
        if (hold) return hold.status;
        if (amount > 100) return 'PER_PAYMENT_LIMIT_EXCEEDED';
        if (taken(wallet, late) + amount > 250) return 'DAILY_LIMIT_EXCEEDED';
        held.set(index, { wallet, amount, late, status: 'HELD' });
        return 'HELD';
      };
      const use = (index: number) => {
        const hold = held.get(index);
        if (released.has(index)) return 'HOLD_RELEASED';
        if (!hold) return 'HOLD_NOT_FOUND';
        hold.status = 'USED';
        return 'USED';
      };
      const release = (index: number) => {
        if (held.get(index)?.status === 'USED') return 'USED';
        held.delete(index);
        released.add(index);
        return 'RELEASED';
      };
      return (step: Command): string[] => {
        if ('use' in step) return step.use.map(use);
        if ('release' in step) return step.release.map(release);
        return step.reserve.map(({ payment: index, wallet, amount }) => reserve(index, wallet, amount, step.late));
      };
    }
  });
});

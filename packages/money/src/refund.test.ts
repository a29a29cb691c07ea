import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Captured, nextRefund, type Refunded, refundedInAll } from './refund.ts';

const kept = { feeRefundable: false };
const returned = { feeRefundable: true };

const anyCaptured: fc.Arbitrary<Captured> = fc
  .record({
    payer: fc.bigInt({ min: 1n, max: 10n ** 12n }),
    payee: fc.bigInt({ min: 1n, max: 10n ** 12n }),
    earned: fc.bigInt({ min: 0n, max: 10n ** 10n }),
    fee: fc.bigInt({ min: 0n, max: 10n ** 10n }),
  })
  .map(({ payer, payee, earned, fee }) => ({ payer, payee, position: payee + earned, fee }));

/** Refunds all of `captured.payer` in parts cut at the given fractions of 1,000. */
function refundInParts(captured: Captured, cuts: readonly number[]): Refunded[] {
  const marks = [...cuts].sort((a, b) => a - b).map((cut) => (captured.payer * BigInt(cut)) / 1_000n);
  let before = 0n;
  return [...marks, captured.payer].map((mark) => {
    const step = nextRefund(captured, before, mark - before, returned);
    before = mark;
    return step;
  });
}

describe('a refund', () => {
  const captured = { payer: 2500n, payee: 2189n, position: 2201n, fee: 25n };

  it('of 10.00 USD of 25.00 takes 8.76 EUR from the payee and 0.04 from revenue for 8.80 of position', () => {
    expect(nextRefund(captured, 0n, 1000n, kept)).toEqual({
      payer: 1000n,
      payee: 876n,
      position: 880n,
      revenue: 4n,
      fee: 0n,
    });
  });

  it('of the other 15.00 takes 13.13 and 0.08 for 13.21, and all legs are back at zero', () => {
    expect(nextRefund(captured, 1000n, 1500n, kept)).toEqual({
      payer: 1500n,
      payee: 1313n,
      position: 1321n,
      revenue: 8n,
      fee: 0n,
    });
    expect(refundedInAll(captured, 2500n, returned)).toEqual({ ...captured, revenue: 12n });
  });

  it('in one currency gives the payer exactly what it takes from the payee', () => {
    const same = { payer: 999n, payee: 999n, position: 999n, fee: 10n };
    expect(nextRefund(same, 333n, 100n, kept)).toEqual({
      payer: 100n,
      payee: 100n,
      position: 100n,
      revenue: 0n,
      fee: 0n,
    });
  });

  it('restores every leg exactly, in whatever parts it is made', () => {
    fc.assert(
      fc.property(anyCaptured, fc.array(fc.nat(1_000), { maxLength: 8 }), (any, cuts) => {
        const steps = refundInParts(any, cuts);
        const sum = (leg: keyof Refunded) => steps.reduce((total, step) => total + step[leg], 0n);
        expect(sum('payer')).toBe(any.payer);
        expect(sum('payee')).toBe(any.payee);
        expect(sum('position')).toBe(any.position);
        expect(sum('revenue')).toBe(any.position - any.payee);
        expect(sum('fee')).toBe(any.fee);
      }),
    );
  });

  it('balances in the target currency at every step, and only revenue can turn, by one unit', () => {
    fc.assert(
      fc.property(anyCaptured, fc.array(fc.nat(1_000), { maxLength: 8 }), (any, cuts) => {
        for (const step of refundInParts(any, cuts)) {
          expect(step.payee + step.revenue).toBe(step.position);
          expect(step.revenue).toBeGreaterThanOrEqual(-1n);
          for (const leg of [step.payer, step.payee, step.position, step.fee]) expect(leg).toBeGreaterThanOrEqual(0n);
        }
      }),
    );
  });

  it('is never more than was captured', () => {
    expect(() => nextRefund(captured, 2000n, 501n, kept)).toThrow(RangeError);
    expect(() => refundedInAll(captured, -1n, kept)).toThrow(RangeError);
  });
});

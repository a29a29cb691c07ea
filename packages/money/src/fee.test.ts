import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decimal, parseDecimal } from './decimal.ts';
import { feeOn } from './fee.ts';

function percent(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (!parsed) throw new Error(`not a decimal: ${text}`);
  return parsed;
}

const onePercent = { fixed: 0n, percentage: percent('1'), min: 25n };

describe('a fee', () => {
  it.each([
    ['25.00 USD', 2500n, 25n],
    ['100.00 GHS', 10000n, 100n],
    ['40.00 GHS', 4000n, 40n],
    ['1.00 USD, raised to the least fee', 100n, 25n],
  ])('of 1 %%, min 0.25, on %s', (_what, amount, fee) => {
    expect(feeOn(amount, onePercent)).toBe(fee);
  });

  it('adds the fixed part and stops at the greatest fee', () => {
    const terms = { fixed: 30n, percentage: percent('2.9'), max: 500n };
    expect(feeOn(1000n, terms)).toBe(59n);
    expect(feeOn(1_000_000n, terms)).toBe(500n);
  });

  it('rounds ties to even, so that neither side gains', () => {
    const half = { fixed: 0n, percentage: percent('0.5') };
    expect(feeOn(100n, half)).toBe(0n);
    expect(feeOn(300n, half)).toBe(2n);
    expect(feeOn(500n, half)).toBe(2n);
  });

  it('stays within its bounds and does not fall as the amount grows', () => {
    const amounts = fc.bigInt({ min: 0n, max: 10n ** 18n });
    fc.assert(
      fc.property(amounts, amounts, fc.bigInt({ min: 0n, max: 10_000n }), (amount, more, coefficient) => {
        const terms = { fixed: 10n, percentage: { coefficient, scale: 3 }, min: 25n, max: 10n ** 15n };
        const fee = feeOn(amount, terms);
        expect(fee).toBeGreaterThanOrEqual(25n);
        expect(fee).toBeLessThanOrEqual(10n ** 15n);
        expect(feeOn(amount + more, terms)).toBeGreaterThanOrEqual(fee);
      }),
    );
  });

  it('refuses terms that contradict themselves', () => {
    const percentage = percent('1');
    expect(() => feeOn(-1n, onePercent)).toThrow(RangeError);
    expect(() => feeOn(1n, { fixed: -1n, percentage })).toThrow(RangeError);
    expect(() => feeOn(1n, { fixed: 0n, percentage: percent('-1') })).toThrow(RangeError);
    expect(() => feeOn(1n, { fixed: 0n, percentage, min: 2n, max: 1n })).toThrow(RangeError);
  });
});

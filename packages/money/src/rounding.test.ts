import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceilDivide, floorDivide, halfEvenDivide } from './rounding.ts';

const numerators = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const denominators = fc.bigInt({ min: 1n, max: 10n ** 20n });

describe('roundings', () => {
  it.each([
    [7n, 2n, 3n, 4n, 4n],
    [5n, 2n, 2n, 3n, 2n],
    [-5n, 2n, -3n, -2n, -2n],
    [-7n, 2n, -4n, -3n, -4n],
    [6n, 2n, 3n, 3n, 3n],
    [0n, 9n, 0n, 0n, 0n],
    [2n, 3n, 0n, 1n, 1n],
    [1n, 3n, 0n, 1n, 0n],
  ])('of %s/%s are floor %s, ceil %s and half-even %s', (numerator, denominator, floor, ceil, halfEven) => {
    expect(floorDivide(numerator, denominator)).toBe(floor);
    expect(ceilDivide(numerator, denominator)).toBe(ceil);
    expect(halfEvenDivide(numerator, denominator)).toBe(halfEven);
  });

  it('enclose the exact quotient, and half-even is never further away than half', () => {
    fc.assert(
      fc.property(numerators, denominators, (numerator, denominator) => {
        const floor = floorDivide(numerator, denominator);
        const ceil = ceilDivide(numerator, denominator);
        const nearest = halfEvenDivide(numerator, denominator);
        expect(floor * denominator).toBeLessThanOrEqual(numerator);
        expect(ceil * denominator).toBeGreaterThanOrEqual(numerator);
        expect(ceil - floor).toBe(numerator % denominator === 0n ? 0n : 1n);
        const distance = nearest * denominator - numerator;
        expect(2n * (distance < 0n ? -distance : distance)).toBeLessThanOrEqual(denominator);
      }),
    );
  });

  it('refuse a denominator that is not positive', () => {
    for (const divide of [floorDivide, ceilDivide, halfEvenDivide]) {
      expect(() => divide(1n, 0n)).toThrow(RangeError);
      expect(() => divide(1n, -2n)).toThrow(RangeError);
    }
  });
});

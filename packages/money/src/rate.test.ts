import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterSpread, cross, formatRate, parseRate, type Rate, rateOf } from './rate.ts';

const anyRate = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 10n ** 20n }))
  .map(([numerator, denominator]) => rateOf(numerator, denominator));

function rate(text: string): Rate {
  const parsed = parseRate(text);
  if (!parsed) throw new Error(`not a rate: ${text}`);
  return parsed;
}

describe('a rate', () => {
  it('is read exactly and kept in lowest terms', () => {
    expect(rate('0.88022588')).toEqual({ numerator: 22005647n, denominator: 25000000n });
    expect(rate('1374999.64464856')).toEqual(rateOf(137499964464856n, 10n ** 8n));
  });

  it.each(['0', '0.00', '-1', '1e-3', '', 'NaN'])('is not %j', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });

  it('is positive', () => {
    expect(() => rateOf(0n, 1n)).toThrow(RangeError);
    expect(() => rateOf(1n, 0n)).toThrow(RangeError);
    expect(() => rateOf(-1n, -1n)).toThrow(RangeError);
  });

  it('crosses exactly: there and back is one, and a detour by a third currency changes nothing', () => {
    fc.assert(
      fc.property(anyRate, anyRate, anyRate, (a, b, c) => {
        const one = rateOf(1n, 1n);
        const ab = cross(a, b);
        const bc = cross(b, c);
        expect(cross(ab, one)).toEqual(cross(b, a));
        expect(rateOf(ab.numerator * bc.numerator, ab.denominator * bc.denominator)).toEqual(cross(a, c));
      }),
    );
  });

  it('after 50 basis points is 99.5 % of the mid rate, to the last digit', () => {
    expect(afterSpread(rate('0.88022588'), 50)).toEqual(rate('0.8758247506'));
    expect(afterSpread(rate('157.47729333'), 50)).toEqual(rate('156.68990686335'));
    expect(afterSpread(rate('2'), 0)).toEqual(rate('2'));
  });

  it.each([-1, 0.5, 10_000, Number.NaN])('has no spread of %s basis points', (spread) => {
    expect(() => afterSpread(rateOf(1n, 1n), spread)).toThrow(RangeError);
  });

  it.each([
    [rate('0.88022588'), '0.88022588'],
    [rate('1374999.64464856'), '1374999.64465'],
    [rateOf(1n, 3n), '0.333333333333'],
    [rateOf(2n, 3000n), '0.000666666666667'],
    [rateOf(1n, 10n), '0.1'],
    [rateOf(100n, 1n), '100'],
    [rateOf(9999999999999n, 10000000000000n), '1'],
    [rateOf(123456789012345n, 1n), '123456789012345'],
  ])('%# is shown with twelve significant digits: %s', (shown, text) => {
    expect(formatRate(shown)).toBe(text);
  });

  it('that is a promise is shown rounded down', () => {
    expect(formatRate(rateOf(2n, 3n))).toBe('0.666666666667');
    expect(formatRate(rateOf(2n, 3n), 'down')).toBe('0.666666666666');
    expect(formatRate(rateOf(123456789012399n, 100n), 'down')).toBe('1234567890123');
  });

  it('of few digits survives formatting and parsing', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n - 1n }), fc.nat(18), (coefficient, scale) => {
        const short = rateOf(coefficient, 10n ** BigInt(scale));
        expect(parseRate(formatRate(short))).toEqual(short);
      }),
    );
  });
});

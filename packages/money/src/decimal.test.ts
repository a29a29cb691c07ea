import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from './decimal.ts';

describe('a decimal', () => {
  it('keeps every digit and the scale it was written with', () => {
    expect(parseDecimal('0.88022588')).toEqual({ coefficient: 88022588n, scale: 8 });
    expect(parseDecimal('-12.30')).toEqual({ coefficient: -1230n, scale: 2 });
    expect(parseDecimal('9007199254740993')).toEqual({ coefficient: 9007199254740993n, scale: 0 });
  });

  it.each(['', '.', '1.', '.1', '+1', '1e3', ' 1', '1_000', 'NaN', '--1', '1'.repeat(1_001)])('is not %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('survives formatting and parsing', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(40), (coefficient, scale) => {
        expect(parseDecimal(formatDecimal({ coefficient, scale }))).toEqual({ coefficient, scale });
      }),
    );
  });
});

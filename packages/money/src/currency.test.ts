import { describe, expect, it } from 'vitest';
import { currencies, currencyOf, exponentOf, isCurrency, nameOf } from './currency.ts';

describe('currencies', () => {
  it.each([
    ['JPY', 0],
    ['KRW', 0],
    ['XOF', 0],
    ['UGX', 0],
    ['USD', 2],
    ['EUR', 2],
    ['GHS', 2],
    ['KWD', 3],
    ['BHD', 3],
    ['TND', 3],
    ['CLF', 4],
  ])('%s has a minor unit of %i digits', (code, exponent) => {
    expect(exponentOf(currencyOf(code))).toBe(exponent);
  });

  it('stand in the order of their codes, each once', () => {
    const codes = currencies.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes).toHaveLength(166);
  });

  it('have names', () => {
    expect(nameOf(currencyOf('GHS'))).toBe('Ghana Cedi');
  });

  it.each(['usd', 'US', 'XXX', 'XAU', 'ZZZ', '', ' USD', 'toString', '__proto__'])('%j is not one', (text) => {
    expect(isCurrency(text)).toBe(false);
    expect(() => currencyOf(text)).toThrow(RangeError);
  });
});

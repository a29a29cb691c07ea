import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AmountFault, formatAmount, MAX_AMOUNT, parseAmount } from './amount.ts';
import { currencies, currencyOf } from './currency.ts';

const usd = currencyOf('USD');
const jpy = currencyOf('JPY');
const kwd = currencyOf('KWD');

const anyCurrency = fc.constantFrom(...currencies.map(({ code }) => code));
const anyAmount = fc.bigInt({ min: 1n, max: MAX_AMOUNT });

describe('an amount', () => {
  it.each([
    ['12.3', usd, 1230n],
    ['12.30', usd, 1230n],
    ['0.01', usd, 1n],
    ['007', usd, 700n],
    ['500', jpy, 500n],
    ['1.234', kwd, 1234n],
    ['92233720368547758.07', usd, MAX_AMOUNT],
  ])('of %s %s is %s minor units', (text, currency, amount) => {
    expect(parseAmount(text, currency)).toEqual({ kind: 'amount', money: { amount, currency } });
  });

  it.each<[string, typeof usd, AmountFault]>([
    ['', usd, 'NOT_A_DECIMAL'],
    ['abc', usd, 'NOT_A_DECIMAL'],
    [' 1', usd, 'NOT_A_DECIMAL'],
    ['1\n', usd, 'NOT_A_DECIMAL'],
    ['1.', usd, 'NOT_A_DECIMAL'],
    ['.5', usd, 'NOT_A_DECIMAL'],
    ['1,000', usd, 'NOT_A_DECIMAL'],
    ['0x10', usd, 'NOT_A_DECIMAL'],
    ['١٢', usd, 'NOT_A_DECIMAL'],
    ['Infinity', usd, 'NOT_A_DECIMAL'],
    ['-1', usd, 'SIGNED'],
    ['+1.00', usd, 'SIGNED'],
    ['-1e3', usd, 'SIGNED'],
    ['1e3', usd, 'EXPONENT'],
    ['1.5E-2', usd, 'EXPONENT'],
    ['1.005', usd, 'TOO_MANY_FRACTION_DIGITS'],
    ['1.000', usd, 'TOO_MANY_FRACTION_DIGITS'],
    ['1.0', jpy, 'TOO_MANY_FRACTION_DIGITS'],
    ['1.0000', kwd, 'TOO_MANY_FRACTION_DIGITS'],
    ['92233720368547758.08', usd, 'TOO_LARGE'],
    ['9'.repeat(1_000_000), usd, 'TOO_LARGE'],
    ['0', usd, 'ZERO'],
    ['0.00', usd, 'ZERO'],
  ])('is not %j in %s: %s', (text, currency, fault) => {
    expect(parseAmount(text, currency)).toEqual({ kind: 'fault', fault });
  });

  it('may be zero where that is allowed', () => {
    expect(parseAmount('0', usd, { zero: 'allow' })).toEqual({ kind: 'amount', money: { amount: 0n, currency: usd } });
  });

  it('survives formatting and parsing, in every currency and size', () => {
    fc.assert(
      fc.property(anyAmount, anyCurrency, (amount, currency) => {
        const money = { amount, currency };
        expect(parseAmount(formatAmount(money), currency)).toEqual({ kind: 'amount', money });
      }),
    );
  });

  it.each([
    [5n, usd, '0.05'],
    [-5n, usd, '-0.05'],
    [-1230n, usd, '-12.30'],
    [0n, kwd, '0.000'],
    [500n, jpy, '500'],
  ])('of %s minor units of %s is written %s', (amount, currency, text) => {
    expect(formatAmount({ amount, currency })).toBe(text);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789.-+eE') })), (text) => {
        const parsed = parseAmount(text, usd);
        if (parsed.kind === 'amount') expect(parsed.money.amount).toBeGreaterThan(0n);
      }),
    );
  });
});

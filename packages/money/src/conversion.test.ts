import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAmount, MAX_AMOUNT, type Money } from './amount.ts';
import {
  type Conversion,
  type ConversionResult,
  convertCredit,
  convertDebit,
  midBetweenMinorUnits,
  type Price,
} from './conversion.ts';
import { currencies, currencyOf, exponentOf } from './currency.ts';
import { afterSpread, parseRate, type Rate, rateOf } from './rate.ts';

const usd = currencyOf('USD');
const eur = currencyOf('EUR');
const jpy = currencyOf('JPY');

const anyCurrency = fc.constantFrom(...currencies.map(({ code }) => code));
const anyPrice: fc.Arbitrary<Price> = fc.record({
  from: anyCurrency,
  to: anyCurrency,
  mid: fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 14n }), fc.bigInt({ min: 1n, max: 10n ** 14n }))
    .map(([numerator, denominator]) => rateOf(numerator, denominator)),
  spreadBasisPoints: fc.integer({ min: 0, max: 2_000 }),
});
const anyAmount = fc.bigInt({ min: 1n, max: 10n ** 12n });

function rate(text: string): Rate {
  const parsed = parseRate(text);
  if (!parsed) throw new Error(`not a rate: ${text}`);
  return parsed;
}

function converted(result: ConversionResult): Conversion {
  if (result.kind !== 'converted') throw new Error(result.kind);
  return result.conversion;
}

/** Whether `target` is worth at most `source` at the rate, in exact arithmetic. */
function worthAtMost(target: Money, source: Money, { numerator, denominator }: Rate): boolean {
  const sourceUnits = source.amount * 10n ** BigInt(exponentOf(target.currency)) * numerator;
  return target.amount * 10n ** BigInt(exponentOf(source.currency)) * denominator <= sourceUnits;
}

describe('a conversion', () => {
  it('of 25.00 USD to EUR at mid 0.88022588 and 50 basis points pays 21.89, moves 22.01 and earns 0.12', () => {
    const price = { from: usd, to: eur, mid: rate('0.88022588'), spreadBasisPoints: 50 };
    const { debit, credit, position, spreadEarned } = converted(convertDebit(2500n, price));
    expect([debit, credit, position, spreadEarned].map(formatAmount)).toEqual(['25.00', '21.89', '22.01', '0.12']);
  });

  it('of 25.00 USD to JPY at mid 157.47729333 and 50 basis points pays 3917, moves 3937 and earns 20', () => {
    const price = { from: usd, to: jpy, mid: rate('157.47729333'), spreadBasisPoints: 50 };
    const { credit, position, spreadEarned } = converted(convertDebit(2500n, price));
    expect([credit, position, spreadEarned].map(formatAmount)).toEqual(['3917', '3937', '20']);
  });

  it('knows its mid rate between minor units: 1.5747729333 yen for a cent', () => {
    const price = { from: usd, to: jpy, mid: rate('157.47729333') };
    expect(midBetweenMinorUnits(price)).toEqual(rate('1.5747729333'));
  });

  it('towards exactly 21.89 EUR asks for 25.00 USD', () => {
    const price = { from: usd, to: eur, mid: rate('0.88022588'), spreadBasisPoints: 50 };
    const { debit, credit, position } = converted(convertCredit(2189n, price));
    expect([debit, credit, position].map(formatAmount)).toEqual(['25.00', '21.89', '22.01']);
  });

  it('that would pay nothing, or ask for nothing, is too small', () => {
    const price = { from: jpy, to: usd, mid: rate('0.0063'), spreadBasisPoints: 50 };
    expect(convertDebit(1n, price)).toEqual({ kind: 'AMOUNT_TOO_SMALL' });
    expect(convertDebit(0n, price)).toEqual({ kind: 'AMOUNT_TOO_SMALL' });
    expect(convertCredit(0n, price)).toEqual({ kind: 'AMOUNT_TOO_SMALL' });
  });

  it('with a leg beyond int8 is too large', () => {
    const price = { from: usd, to: jpy, mid: rate('157.47729333'), spreadBasisPoints: 50 };
    expect(convertDebit(MAX_AMOUNT, price)).toEqual({ kind: 'AMOUNT_TOO_LARGE' });
    expect(convertCredit(MAX_AMOUNT, { ...price, mid: rate('0.01') })).toEqual({ kind: 'AMOUNT_TOO_LARGE' });
  });

  it('never creates money: the payee gets at most the customer rate, the position covers the credit', () => {
    fc.assert(
      fc.property(anyAmount, anyPrice, (amount, price) => {
        for (const result of [convertDebit(amount, price), convertCredit(amount, price)]) {
          if (result.kind !== 'converted') continue;
          const { debit, credit, position, spreadEarned } = result.conversion;
          expect(worthAtMost(credit, debit, afterSpread(price.mid, price.spreadBasisPoints))).toBe(true);
          expect(position.amount).toBe(credit.amount + spreadEarned.amount);
          expect(spreadEarned.amount).toBeGreaterThanOrEqual(0n);
        }
      }),
    );
  });

  it('towards a fixed credit asks for the least debit that suffices', () => {
    fc.assert(
      fc.property(anyAmount, anyPrice, (amount, price) => {
        const result = convertCredit(amount, price);
        if (result.kind !== 'converted') return;
        const { debit } = result.conversion;
        expect(converted(convertDebit(debit.amount, price)).credit.amount).toBeGreaterThanOrEqual(amount);
        const less = convertDebit(debit.amount - 1n, price);
        if (less.kind === 'converted') expect(less.conversion.credit.amount).toBeLessThan(amount);
      }),
    );
  });

  it('there and back at the mid rate never gains a unit', () => {
    fc.assert(
      fc.property(anyAmount, anyPrice, (amount, price) => {
        const there = convertDebit(amount, price);
        if (there.kind !== 'converted') return;
        const mid = rateOf(price.mid.denominator, price.mid.numerator);
        const back = convertDebit(there.conversion.credit.amount, { ...price, from: price.to, to: price.from, mid });
        if (back.kind === 'converted') expect(back.conversion.credit.amount).toBeLessThanOrEqual(amount);
      }),
    );
  });

  it('of more never pays less', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, anyPrice, (amount, more, price) => {
        const [small, large] = [convertDebit(amount, price), convertDebit(amount + more, price)];
        if (small.kind !== 'converted' || large.kind !== 'converted') return;
        expect(large.conversion.credit.amount).toBeGreaterThanOrEqual(small.conversion.credit.amount);
        expect(large.conversion.position.amount).toBeGreaterThanOrEqual(small.conversion.position.amount);
      }),
    );
  });
});

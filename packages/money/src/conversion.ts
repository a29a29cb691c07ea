import { MAX_AMOUNT, type Money } from './amount.ts';
import { type Currency, exponentOf } from './currency.ts';
import { afterSpread, type Rate, rateOf } from './rate.ts';
import { ceilDivide, floorDivide, halfEvenDivide } from './rounding.ts';

/** The price of one direction of one pair. */
export type Price = {
  readonly from: Currency;
  readonly to: Currency;
  /** Mid rate: major units of `to` for one major unit of `from`. */
  readonly mid: Rate;
  /** Integer, 0 ≤ spread < 10,000. */
  readonly spreadBasisPoints: number;
};

/** What a conversion moves. In the books: debit and position in the source currency, position and credit in the target. */
export type Conversion = {
  /** S: what the payer gives. */
  readonly debit: Money;
  /** T: what the payee receives. */
  readonly credit: Money;
  /** M: the credit at the mid rate, what leaves the target currency's position. Never less than the credit. */
  readonly position: Money;
  /** M − T: the spread earned, in the target currency. Never negative. */
  readonly spreadEarned: Money;
};

export type ConversionResult =
  | { readonly kind: 'converted'; readonly conversion: Conversion }
  /** A leg would be zero: nobody pays for nothing or receives nothing. */
  | { readonly kind: 'AMOUNT_TOO_SMALL' }
  /** A leg would be more than {@link MAX_AMOUNT} minor units. */
  | { readonly kind: 'AMOUNT_TOO_LARGE' };

/**
 * Converts a fixed amount of the payer's currency: T = floor(S · r), M = max(T, half-even(S · m)), with m the mid rate
 * and r = m (1 − spread), both exact and between minor units.
 */
export function convertDebit(amount: bigint, price: Price): ConversionResult {
  const customer = afterSpread(midBetweenMinorUnits(price), price.spreadBasisPoints);
  const credit = floorDivide(amount * customer.numerator, customer.denominator);
  return conversionOf(amount, credit, price);
}

/** Converts towards a fixed amount of the payee's currency: S = ceil(T / r), then M as for {@link convertDebit}. */
export function convertCredit(amount: bigint, price: Price): ConversionResult {
  const customer = afterSpread(midBetweenMinorUnits(price), price.spreadBasisPoints);
  const debit = ceilDivide(amount * customer.denominator, customer.numerator);
  return conversionOf(debit, amount, price);
}

function conversionOf(debit: bigint, credit: bigint, price: Price): ConversionResult {
  if (debit <= 0n || credit <= 0n) return { kind: 'AMOUNT_TOO_SMALL' };
  const mid = midBetweenMinorUnits(price);
  const atMid = halfEvenDivide(debit * mid.numerator, mid.denominator);
  const position = atMid > credit ? atMid : credit;
  if (debit > MAX_AMOUNT || position > MAX_AMOUNT) return { kind: 'AMOUNT_TOO_LARGE' };
  return {
    kind: 'converted',
    conversion: {
      debit: { amount: debit, currency: price.from },
      credit: { amount: credit, currency: price.to },
      position: { amount: position, currency: price.to },
      spreadEarned: { amount: position - credit, currency: price.to },
    },
  };
}

/** The mid rate between minor units, in lowest terms: the published rate shifted by the exponents of both currencies. */
export function midBetweenMinorUnits({ from, to, mid }: Pick<Price, 'from' | 'to' | 'mid'>): Rate {
  return rateOf(mid.numerator * 10n ** BigInt(exponentOf(to)), mid.denominator * 10n ** BigInt(exponentOf(from)));
}

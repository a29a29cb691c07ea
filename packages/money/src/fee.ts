import type { Decimal } from './decimal.ts';
import { halfEvenDivide } from './rounding.ts';

/** How a fee is reckoned, all amounts in minor units of the currency the fee is taken in. */
export type FeeTerms = {
  readonly fixed: bigint;
  /** Percent of the amount: `1.5` is one and a half hundredths. Not negative. */
  readonly percentage: Decimal;
  /** The least fee; 0 when left out. */
  readonly min?: bigint;
  /** The greatest fee; without bound when left out. At least `min`. */
  readonly max?: bigint;
};

/**
 * The fee on an amount, in minor units: clamp(fixed + half-even(percentage × amount), min, max).
 * @throws {RangeError} for a negative amount or terms that contradict themselves.
 */
export function feeOn(amount: bigint, terms: FeeTerms): bigint {
  const { fixed, percentage, min = 0n, max } = terms;
  if (amount < 0n) throw new RangeError(`A fee is reckoned on an amount of 0 or more, not ${amount}`);
  if (fixed < 0n || percentage.coefficient < 0n || min < 0n || (max !== undefined && max < min)) {
    throw new RangeError('Fee terms need fixed, percentage and min of 0 or more, and max of at least min');
  }
  const share = halfEvenDivide(amount * percentage.coefficient, 100n * 10n ** BigInt(percentage.scale));
  const fee = fixed + share;
  if (fee < min) return min;
  return max !== undefined && fee > max ? max : fee;
}

import { type Decimal, formatDecimal, parseDecimal } from './decimal.ts';
import { floorDivide, halfEvenDivide } from './rounding.ts';

declare const checked: unique symbol;

/**
 * A positive exact ratio in lowest terms: units of a target currency for one unit of a source currency, both in *major*
 * units as rates are published (157.47729333 yen for one dollar). Made only by {@link rateOf} and {@link parseRate}.
 */
export type Rate = {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly [checked]: 'Rate';
};

/**
 * The rate `numerator / denominator`, reduced.
 * @throws {RangeError} unless both are positive.
 */
export function rateOf(numerator: bigint, denominator: bigint): Rate {
  if (numerator <= 0n || denominator <= 0n) throw new RangeError(`Not a rate: ${numerator}/${denominator}`);
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor } as Rate;
}

/** The rate of a plain decimal text such as `0.88022588`, exactly. Undefined for other text, zero and negative numbers. */
export function parseRate(text: string): Rate | undefined {
  const decimal = parseDecimal(text);
  return decimal && decimal.coefficient > 0n ? rateOf(decimal.coefficient, 10n ** BigInt(decimal.scale)) : undefined;
}

/** The rate source → target from the rates base → source and base → target: exact, however many digits that takes. */
export function cross(baseToSource: Rate, baseToTarget: Rate): Rate {
  return rateOf(baseToTarget.numerator * baseToSource.denominator, baseToTarget.denominator * baseToSource.numerator);
}

/** Basis points in the whole: one is a hundredth of a percent. */
const BASIS_POINTS_PER_UNIT = 10_000;

/**
 * What is left of the mid rate after the spread: `mid × (1 − spread / 10,000)`, exact. The customer's rate.
 * @throws {RangeError} unless the spread is an integer in 0 ≤ spread < 10,000.
 */
export function afterSpread(mid: Rate, spreadBasisPoints: number): Rate {
  if (!Number.isInteger(spreadBasisPoints) || spreadBasisPoints < 0 || spreadBasisPoints >= BASIS_POINTS_PER_UNIT) {
    throw new RangeError(`Not a spread in basis points (0 to ${BASIS_POINTS_PER_UNIT - 1}): ${spreadBasisPoints}`);
  }
  return rateOf(
    mid.numerator * BigInt(BASIS_POINTS_PER_UNIT - spreadBasisPoints),
    mid.denominator * BigInt(BASIS_POINTS_PER_UNIT),
  );
}

/** How many significant digits of a rate people are shown. */
const SHOWN_DIGITS = 12;

/**
 * The rate for people and charts: a decimal of 12 significant digits without trailing zeros, rounded half-even, or down
 * for a rate that is a promise. Exact when the rate has no more digits; computing goes on with the ratio, never with this.
 */
export function formatRate(rate: Rate, rounding: 'half-even' | 'down' = 'half-even'): string {
  const scale = Math.max(0, SHOWN_DIGITS - wholeDigits(rate));
  const divide = rounding === 'down' ? floorDivide : halfEvenDivide;
  const coefficient = divide(rate.numerator * 10n ** BigInt(scale), rate.denominator);
  return formatDecimal(withoutTrailingZeros({ coefficient, scale }));
}

/** Digits before the point; for rates below one, minus the zeros that follow it. */
function wholeDigits({ numerator, denominator }: Rate): number {
  if (numerator >= denominator) return (numerator / denominator).toString().length;
  let zeros = 0;
  for (let scaledUp = numerator * 10n; scaledUp < denominator; scaledUp *= 10n) zeros += 1;
  return -zeros;
}

function withoutTrailingZeros(decimal: Decimal): Decimal {
  let { coefficient, scale } = decimal;
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale -= 1;
  }
  return { coefficient, scale };
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

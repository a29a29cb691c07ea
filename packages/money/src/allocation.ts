import { floorDivide } from './rounding.ts';

/**
 * Splits an amount in proportion to weights by the largest-remainder method: every part is its exact share rounded down
 * or up, and the parts sum to the whole. Of equal remainders the earlier part gets the unit.
 * @throws {RangeError} for a negative amount or weight, or weights that sum to zero.
 */
export function allocate(amount: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (amount < 0n) throw new RangeError(`Only an amount of 0 or more can be split, not ${amount}`);
  if (total <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('Weights must be 0 or more and sum to more than 0');
  }
  const parts = weights.map((weight) => floorDivide(amount * weight, total));
  const left = amount - parts.reduce((sum, part) => sum + part, 0n);
  for (const index of byLargestRemainder(amount, weights, total).slice(0, Number(left))) {
    parts[index] = (parts[index] ?? 0n) + 1n;
  }
  return parts;
}

/** Positions of the weights, those first whose share loses most by rounding down. The sort is stable. */
function byLargestRemainder(amount: bigint, weights: readonly bigint[], total: bigint): number[] {
  return weights
    .map((weight, index) => ({ index, remainder: (amount * weight) % total }))
    .sort((a, b) => (a.remainder < b.remainder ? 1 : a.remainder > b.remainder ? -1 : 0))
    .map(({ index }) => index);
}

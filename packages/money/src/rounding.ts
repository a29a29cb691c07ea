/** The named roundings of `numerator / denominator`. All are exact for any size of integer; denominators are positive. */

/** The greatest integer not above the quotient: what customers receive. */
export function floorDivide(numerator: bigint, denominator: bigint): bigint {
  requirePositive(denominator);
  const quotient = numerator / denominator; // BigInt division truncates towards zero
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}

/** The least integer not below the quotient: what customers are asked for when the other side is fixed. */
export function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  return -floorDivide(-numerator, denominator);
}

/** The nearest integer, ties to the even one: fees and positions, where neither side may gain over many payments. */
export function halfEvenDivide(numerator: bigint, denominator: bigint): bigint {
  const down = floorDivide(numerator, denominator);
  const twiceRest = 2n * (numerator - down * denominator);
  if (twiceRest < denominator) return down;
  if (twiceRest > denominator) return down + 1n;
  return down % 2n === 0n ? down : down + 1n;
}

function requirePositive(denominator: bigint): void {
  if (denominator <= 0n) throw new RangeError(`A denominator must be positive, not ${denominator}`);
}

/** An exact decimal number, `coefficient × 10^-scale`. Read from text, never through a JavaScript number. */
export type Decimal = {
  readonly coefficient: bigint;
  /** Digits after the point, 0 or more. */
  readonly scale: number;
};

/** Longer texts are not numbers anyone means, and parsing digits costs more than linear time. */
const MAX_LENGTH = 1_000;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Reads a plain decimal such as `12`, `-0.5` or `12.30`; the scale is that of the text (`12.30` has 2).
 * Undefined for anything else: an exponent, a plus sign, spaces, grouping, a missing digit on either side of the point.
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const magnitude = BigInt(whole + fraction);
  return { coefficient: sign === '-' ? -magnitude : magnitude, scale: fraction.length };
}

/** The decimal with exactly `scale` fraction digits: `12.30`, `-0.05`, `7`. The inverse of {@link parseDecimal}. */
export function formatDecimal({ coefficient, scale }: Decimal): string {
  const sign = coefficient < 0n ? '-' : '';
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

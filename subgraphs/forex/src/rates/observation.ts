import type { Currency, Decimal } from '@paygraph/money';
import type { RateKind } from '../generated/prisma/enums.ts';

/** One currency's price in US dollars, as a source gave it. */
export interface Observation {
  readonly currency: Currency;
  /** The instant; midnight UTC for a day, the first of the month for a month's average. */
  readonly observedAt: Date;
  readonly kind: RateKind;
  /** Units of the currency for one US dollar: exact and positive. */
  readonly unitsPerUsd: Decimal;
}

/** What the database keeps exactly: digits before the point, and after it. */
const MAX_DIGITS = { whole: 24, fraction: 24 };

/** Whether the number can be a rate: positive, and with no more digits than are kept. */
export function isStorableRate({ coefficient, scale }: Decimal): boolean {
  if (coefficient <= 0n || scale > MAX_DIGITS.fraction) return false;
  return coefficient < 10n ** BigInt(MAX_DIGITS.whole + scale);
}

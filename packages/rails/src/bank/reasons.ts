import type { RailRefusal } from '../outcome.ts';

/** ISO 20022 ExternalStatusReason1Code, of which banks use these, in our words. */
const refusals: Readonly<Record<string, RailRefusal>> = {
  AC01: 'COUNTERPARTY_NOT_FOUND',
  AC03: 'COUNTERPARTY_NOT_FOUND',
  BE04: 'COUNTERPARTY_NOT_FOUND',
  RC01: 'COUNTERPARTY_NOT_FOUND',
  RC04: 'COUNTERPARTY_NOT_FOUND',
  AC04: 'COUNTERPARTY_UNAVAILABLE',
  AC06: 'COUNTERPARTY_UNAVAILABLE',
  AC07: 'COUNTERPARTY_UNAVAILABLE',
  MD07: 'COUNTERPARTY_UNAVAILABLE',
  AM04: 'FLOAT_EXHAUSTED',
  AM02: 'LIMIT_EXCEEDED',
  AM13: 'LIMIT_EXCEEDED',
  AM14: 'LIMIT_EXCEEDED',
};

export function refusalOf(reason: string): RailRefusal {
  return refusals[reason] ?? 'NOT_ALLOWED';
}

/** Reasons that say: this message or transaction is with us already. */
export const duplicates: ReadonlySet<string> = new Set(['AM05', 'DU01', 'DU02', 'DU03', 'DU04', 'DU05']);

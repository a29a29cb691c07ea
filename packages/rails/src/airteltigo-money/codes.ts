import type { RailDirection } from '../instruction.ts';
import type { RailRefusal } from '../outcome.ts';

/** What an Airtel response code says of a transaction. */
export type CodeMeaning =
  | { readonly kind: 'CONFIRMED' | 'PENDING' | 'UNSEEN' | 'DUPLICATE' | 'DOOR' }
  | { readonly kind: 'REFUSED'; readonly code: RailRefusal };

const refused = (code: RailRefusal): CodeMeaning => ({ kind: 'REFUSED', code });

/** Collection, `DP008000010xx` (developers.airtel.africa, Collection-APIs, Error codes). */
const collection: Readonly<Record<string, CodeMeaning>> = {
  DP00800001000: { kind: 'PENDING' },
  DP00800001001: { kind: 'CONFIRMED' },
  DP00800001002: refused('COUNTERPARTY_DECLINED'),
  DP00800001003: refused('LIMIT_EXCEEDED'),
  DP00800001004: refused('LIMIT_EXCEEDED'),
  DP00800001005: refused('COUNTERPARTY_DECLINED'),
  DP00800001006: { kind: 'PENDING' },
  DP00800001007: refused('COUNTERPARTY_FUNDS'),
  DP00800001008: refused('COUNTERPARTY_DECLINED'),
  DP00800001009: refused('NOT_ALLOWED'),
  DP00800001010: refused('COUNTERPARTY_UNAVAILABLE'),
  DP00800001024: refused('COUNTERPARTY_DECLINED'),
  DP00800001025: { kind: 'UNSEEN' },
  DP00800001026: { kind: 'DOOR' },
  DP00800001029: refused('COUNTERPARTY_DECLINED'),
};

/** Disbursement, `DP009000010xx`. 1014 says itself that the transaction may have been processed. */
const disbursement: Readonly<Record<string, CodeMeaning>> = {
  DP00900001000: { kind: 'PENDING' },
  DP00900001001: { kind: 'CONFIRMED' },
  DP00900001003: refused('LIMIT_EXCEEDED'),
  DP00900001004: refused('LIMIT_EXCEEDED'),
  DP00900001005: refused('NOT_ALLOWED'),
  DP00900001006: { kind: 'PENDING' },
  DP00900001007: refused('FLOAT_EXHAUSTED'),
  DP00900001009: refused('NOT_ALLOWED'),
  DP00900001010: refused('NOT_ALLOWED'),
  DP00900001011: { kind: 'DUPLICATE' },
  DP00900001012: refused('COUNTERPARTY_NOT_FOUND'),
  DP00900001013: refused('COUNTERPARTY_UNAVAILABLE'),
  DP00900001014: { kind: 'PENDING' },
  DP00900001015: { kind: 'UNSEEN' },
  DP00900001016: { kind: 'DOOR' },
  DP00900001017: { kind: 'DUPLICATE' },
};

/** Undefined for a code that is not documented: nothing is to be concluded from it. */
export function meaningOf(code: string | undefined, direction: RailDirection): CodeMeaning | undefined {
  if (code === undefined) return undefined;
  return direction === 'COLLECTION' ? collection[code] : disbursement[code];
}

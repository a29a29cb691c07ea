import type { RailDirection } from '../instruction.ts';
import type { RailRefusal } from '../outcome.ts';

/** What a response code of the M-Pesa OpenAPI says of a transaction that was handed over. */
export type CodeMeaning =
  | { readonly kind: 'PROCESSED' | 'UNCERTAIN' | 'DUPLICATE' | 'DOOR' }
  | { readonly kind: 'REFUSED'; readonly code: RailRefusal };

const refused = (code: RailRefusal): CodeMeaning => ({ kind: 'REFUSED', code });

/**
 * The "Response Codes" of C2B Single Stage and B2C Single Stage, and below them those that the platform documents in other
 * markets only. What says nothing of the transaction's fate is uncertain.
 */
const meanings: Readonly<Record<string, CodeMeaning>> = {
  'INS-0': { kind: 'PROCESSED' },
  'INS-1': { kind: 'UNCERTAIN' },
  'INS-6': refused('NOT_ALLOWED'),
  'INS-9': { kind: 'UNCERTAIN' },
  'INS-10': { kind: 'DUPLICATE' },
  'INS-13': refused('NOT_ALLOWED'),
  'INS-15': refused('LIMIT_EXCEEDED'),
  'INS-17': refused('NOT_ALLOWED'),
  'INS-20': refused('NOT_ALLOWED'),
  'INS-21': refused('NOT_ALLOWED'),
  'INS-26': refused('NOT_ALLOWED'),
  'INS-28': refused('NOT_ALLOWED'),
  'INS-30': refused('NOT_ALLOWED'),
  'INS-31': refused('NOT_ALLOWED'),
  'INS-990': refused('LIMIT_EXCEEDED'),
  'INS-991': refused('LIMIT_EXCEEDED'),
  'INS-992': refused('LIMIT_EXCEEDED'),
  'INS-993': refused('LIMIT_EXCEEDED'),
  'INS-994': refused('LIMIT_EXCEEDED'),
  'INS-995': refused('LIMIT_EXCEEDED'),
  // "API Being Used Outside Of Usage Time", "API Not Enabled", "Invalid Market": nothing was looked at.
  'INS-996': { kind: 'DOOR' },
  'INS-997': { kind: 'DOOR' },
  'INS-998': { kind: 'DOOR' },
  'INS-2051': refused('COUNTERPARTY_NOT_FOUND'),

  'INS-2': { kind: 'DOOR' },
  'INS-4': refused('COUNTERPARTY_UNAVAILABLE'),
  'INS-5': refused('COUNTERPARTY_DECLINED'),
  // "Unable to handle the request due to a temporary overloading."
  'INS-16': { kind: 'DOOR' },
  'INS-2001': { kind: 'DOOR' },
  'INS-2002': refused('COUNTERPARTY_NOT_FOUND'),
};

/** Undefined for a code that is not documented: nothing is to be concluded from it. */
export function meaningOf(code: string, direction: RailDirection): CodeMeaning | undefined {
  if (code === 'INS-2006') return refused(direction === 'PAYOUT' ? 'FLOAT_EXHAUSTED' : 'COUNTERPARTY_FUNDS');
  return meanings[code];
}

import type { RailDirection } from '../instruction.ts';
import type { RailRefusal } from '../outcome.ts';

/** MTN's reason codes (momodeveloper.mtn.com, Common Error Codes) in our words. */
const refusals: Readonly<Record<string, RailRefusal>> = {
  PAYER_NOT_FOUND: 'COUNTERPARTY_NOT_FOUND',
  PAYEE_NOT_FOUND: 'COUNTERPARTY_NOT_FOUND',
  PAYEE_NOT_ALLOWED_TO_RECEIVE: 'COUNTERPARTY_UNAVAILABLE',
  PAYER_NOT_ALLOWED: 'COUNTERPARTY_UNAVAILABLE',
  APPROVAL_REJECTED: 'COUNTERPARTY_DECLINED',
  EXPIRED: 'COUNTERPARTY_DECLINED',
  TRANSACTION_CANCELED: 'COUNTERPARTY_DECLINED',
  // "Attributed to transaction timeout … a delay to approve a transaction within the given time frame (5 minutes)."
  COULD_NOT_PERFORM_TRANSACTION: 'COUNTERPARTY_DECLINED',
  PAYER_LIMIT_REACHED: 'LIMIT_EXCEEDED',
  PAYEE_LIMIT_REACHED: 'LIMIT_EXCEEDED',
  LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED: 'LIMIT_EXCEEDED',
};

/** What a transaction that MTN calls FAILED failed of. */
export function refusalOf(code: string, direction: RailDirection): RailRefusal {
  // Whose funds they are depends on who pays: a customer, or we from our float.
  if (code === 'NOT_ENOUGH_FUNDS') return direction === 'PAYOUT' ? 'FLOAT_EXHAUSTED' : 'COUNTERPARTY_FUNDS';
  return refusals[code] ?? 'NOT_ALLOWED';
}

/** Codes that come with a status of 500 though they say that the request was looked at and turned down. */
export const refusedAtOnce: ReadonlySet<string> = new Set([
  ...Object.keys(refusals),
  'NOT_ENOUGH_FUNDS',
  'NOT_ALLOWED',
  'NOT_ALLOWED_TARGET_ENVIRONMENT',
  'INVALID_CALLBACK_URL_HOST',
  'INVALID_CURRENCY',
]);

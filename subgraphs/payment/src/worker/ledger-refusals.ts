import type { LedgerErrorCode } from '../generated/peers/ledger.ts';
import type { FailureCode } from '../payment/failure.ts';
import type { Payment } from '../payment/payment.ts';

/** What was asked of the ledger. */
export type LedgerCommand = 'reserve' | 'capture' | 'post';

/** Whichever wallet the ledger names is not available. */
const wallet = 'WALLET';
/** The wallet that the ledger names would hold more than it may. */
const ceiling = 'CEILING';
/** It stays open whether money has moved: the same is asked again, and somebody must look. */
const open = 'OPEN';

/** The id belongs to other entries: nothing was posted by it now. */
const other = 'OTHER_CONTENT';

export type Meaning = 'INSUFFICIENT_FUNDS' | 'INTERNAL' | typeof wallet | typeof ceiling | typeof open | typeof other;

/**
 * What a refusal means for the payment. A reservation or posting that is refused holds and moves nothing, unless its id
 * belongs to something else. A capture that is refused has certainly moved nothing only if its reservation is gone.
 */
const meanings: Record<LedgerErrorCode, Record<LedgerCommand, Meaning>> = {
  INSUFFICIENT_FUNDS: { reserve: 'INSUFFICIENT_FUNDS', capture: open, post: 'INSUFFICIENT_FUNDS' },
  ACCOUNT_NOT_FOUND: { reserve: wallet, capture: open, post: wallet },
  ACCOUNT_FROZEN: { reserve: wallet, capture: open, post: wallet },
  ACCOUNT_CLOSED: { reserve: wallet, capture: open, post: wallet },
  ACCOUNT_NOT_EMPTY: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  UNBALANCED: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  INVALID_AMOUNT: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  INVALID_INPUT: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  OVERFLOW: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  IDEMPOTENCY_CONFLICT: { reserve: 'INTERNAL', capture: open, post: other },
  RESERVATION_NOT_FOUND: { reserve: 'INTERNAL', capture: 'INTERNAL', post: 'INTERNAL' },
  RESERVATION_VOIDED: { reserve: 'INTERNAL', capture: 'INTERNAL', post: 'INTERNAL' },
  RESERVATION_EXPIRED: { reserve: 'INTERNAL', capture: 'INTERNAL', post: 'INTERNAL' },
  RESERVATION_CAPTURED: { reserve: open, capture: open, post: 'INTERNAL' },
  EXCEEDS_RESERVATION: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  TRANSACTION_NOT_FOUND: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  EXCEEDS_ORIGINAL: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
  EXCEEDS_CEILING: { reserve: ceiling, capture: open, post: ceiling },
  LINKED_REFUSED: { reserve: 'INTERNAL', capture: open, post: 'INTERNAL' },
};

export function meaningOf(command: LedgerCommand, code: LedgerErrorCode): Meaning {
  return meanings[code][command];
}

/** What a payment fails with when the ledger refused it: by the wallet that is at fault, if one is. */
export function failureFor(
  payment: Payment,
  {
    why,
    wallet: account,
  }: { readonly why: 'INSUFFICIENT_FUNDS' | 'INTERNAL' | 'WALLET' | 'CEILING'; readonly wallet: string | null },
): FailureCode {
  // What is paid takes from the payer's wallet: only the payee's can hold too much by it.
  if (why === ceiling) return 'MAXIMUM_BALANCE_EXCEEDED';
  if (why !== wallet) return why;
  if ('walletId' in payment.payee && account === payment.payee.walletId) return 'PAYEE_WALLET_UNAVAILABLE';
  if ('walletId' in payment.payer && account === payment.payer.walletId) return 'PAYER_WALLET_UNAVAILABLE';
  return 'INTERNAL';
}

import type { Currency } from '@paygraph/money';
import type { AccountAddress } from '../account/chart.ts';
import type { AccountStatus, EntryDirection, LedgerErrorCode, TransactionKind } from '../generated/prisma/enums.ts';

/** One entry to post or reserve. */
export interface NewEntry {
  readonly account: AccountAddress;
  readonly direction: EntryDirection;
  /** Minor units of the account's currency, above zero. */
  readonly amount: bigint;
}

/** A transaction to post: 2 to 32 entries, debits equal to credits in every currency, each account at most once per side. */
export interface NewTransaction {
  /** `txn_…`: the caller's idempotency id. */
  readonly id: string;
  readonly kind: TransactionKind;
  /** What it belongs to, such as a payment's id: 1 to 64 characters. */
  readonly reference: string;
  readonly entries: readonly NewEntry[];
  /** When it happened, in 1970 or later; the time of posting if left out. */
  readonly effectiveAt?: Date | undefined;
  /** At most 4 KB as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Whether it posts only together with the next one in the list, and that with its next, if linked: at most 64. */
  readonly linkedWithNext?: boolean | undefined;
}

/** A transaction to take back, wholly or in part. */
export interface NewReversal {
  /** `txn_…`: of the transaction that takes it back, the caller's idempotency id. */
  readonly id: string;
  /** `txn_…`: what is taken back. */
  readonly reverses: string;
  /** Sides swapped, as they are to be posted. All that was not taken back yet if left out. */
  readonly entries?: readonly NewEntry[] | undefined;
  readonly effectiveAt?: Date | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Funds to hold; entries as of {@link NewTransaction}. */
export interface NewReservation {
  /** `res_…`: the caller's idempotency id. */
  readonly id: string;
  readonly kind: TransactionKind;
  readonly reference: string;
  readonly entries: readonly NewEntry[];
  /** When the hold ends by itself: after now, at most 31 days ahead by the database's clock. */
  readonly expiresAt: Date;
  /** `txn_…`: captures all of it at once, by this id; left out, it stays reserved. */
  readonly captureAs?: string | undefined;
}

/** A reservation to post, in whole or in part. */
export interface Capture {
  /** `txn_…`: of the transaction that posts it, the caller's idempotency id. */
  readonly id: string;
  readonly reservationId: string;
  /** All that is still reserved if left out. */
  readonly entries?: readonly NewEntry[] | undefined;
  /** Whether to release what this capture leaves: yes if left out. */
  readonly releaseRest?: boolean | undefined;
  readonly effectiveAt?: Date | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A wallet's account to open. */
export interface NewWalletAccount {
  readonly walletId: string;
  /** `cus_…`: kept for ever. */
  readonly ownerId: string;
  readonly currency: Currency;
}

/** A wallet's account whose status to set. */
export interface StatusChange {
  readonly walletId: string;
  readonly status: AccountStatus;
}

/** What a wallet's account is bounded by, in minor units of its currency. */
export interface AccountLimits {
  readonly walletId: string;
  /** The account's. */
  readonly currency: Currency;
  /** How far it may go below zero: 0 or more. */
  readonly creditLimit: bigint;
  /** The most it may hold, what is pending for it included; no bound if left out. Takes nothing from what is there. */
  readonly ceiling?: bigint | undefined;
}

/** More time for a reservation. */
export interface Extension {
  readonly reservationId: string;
  /** At most 31 days after it was reserved. An earlier one than it has changes nothing. */
  readonly expiresAt: Date;
}

/** Why an item was refused, and by which account, named as in `addressText`. */
export interface Refusal {
  readonly code: LedgerErrorCode;
  readonly account?: string | undefined;
  /** In words; those of the code if left out. */
  readonly message?: string | undefined;
}

/** What became of one item: done, now or before with the same content, or refused, which leaves no trace. */
export type Outcome =
  | { readonly id: string; readonly done: true }
  | {
      readonly id: string;
      readonly done: false;
      readonly code: LedgerErrorCode;
      readonly account: string | null;
      readonly message: string;
    };

const meanings: Readonly<Record<LedgerErrorCode, string>> = {
  INSUFFICIENT_FUNDS: 'The account would go below its floor',
  ACCOUNT_NOT_FOUND: 'The wallet has no account',
  ACCOUNT_FROZEN: 'The account is frozen for entries of this side',
  ACCOUNT_CLOSED: 'The account is closed',
  ACCOUNT_NOT_EMPTY: 'The account still holds or awaits money',
  UNBALANCED: 'Debits and credits differ in a currency',
  INVALID_AMOUNT: 'An amount is zero, too large, or in another currency than its account',
  INVALID_INPUT: 'The item is malformed',
  IDEMPOTENCY_CONFLICT: 'The id was used before with other content',
  RESERVATION_NOT_FOUND: 'There is no such reservation',
  RESERVATION_CAPTURED: 'The reservation was captured',
  RESERVATION_VOIDED: 'The reservation was voided',
  RESERVATION_EXPIRED: 'The reservation ran out',
  EXCEEDS_RESERVATION: 'An entry is above what is still reserved',
  OVERFLOW: 'A total would leave the range of 64 bits',
  TRANSACTION_NOT_FOUND: 'There is no such transaction',
  EXCEEDS_ORIGINAL: 'An entry is above what can still be taken back',
  EXCEEDS_CEILING: 'The account would hold more than it may',
  LINKED_REFUSED: 'A transaction that it is linked with was refused',
};

export function outcomeOf(id: string, refusal: Refusal | undefined): Outcome {
  if (!refusal) return { id, done: true };
  const { code, account = null, message = meanings[code] } = refusal;
  return { id, done: false, code, account, message };
}

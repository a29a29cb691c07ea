import type { Money } from '@paygraph/money';

/** Why a rail refuses for good. A new refusal does not compile until everybody has said what it means. */
export type RailRefusal =
  /** No such account or number, or not registered for mobile money. */
  | 'COUNTERPARTY_NOT_FOUND'
  /** The account cannot take or give money now: blocked, closed, not allowed. */
  | 'COUNTERPARTY_UNAVAILABLE'
  /** COLLECTION: whoever was to pay has not enough. */
  | 'COUNTERPARTY_FUNDS'
  /** COLLECTION: whoever was to pay said no, or said nothing in time. */
  | 'COUNTERPARTY_DECLINED'
  /** The rail's own limits, of an amount, a day or a holder. */
  | 'LIMIT_EXCEEDED'
  /** PAYOUT: our float with the rail is too small. */
  | 'FLOAT_EXHAUSTED'
  /** The rail understood and will not do it; nobody outside is at fault. */
  | 'NOT_ALLOWED';

/**
 * The rail has the instruction and has not decided. `railReference` is the rail's own name for it, if it gave one.
 */
export interface Accepted {
  readonly kind: 'ACCEPTED';
  readonly railReference: string | null;
}

/** The money has moved, finally as far as the rail can say. */
export interface Confirmed {
  readonly kind: 'CONFIRMED';
  readonly railReference: string | null;
  /** What moved, when the rail says it: it must equal the instruction's amount, or the payment is looked at by people. */
  readonly amount: Money | null;
  /** What the rail charges us for it, when it says so. */
  readonly charge: Money | null;
}

/** For certain, nothing has moved and nothing will under this reference. */
export interface RefusedByRail {
  readonly kind: 'REFUSED';
  readonly code: RailRefusal;
  /** The rail's own code, for people who talk to the rail. */
  readonly railCode: string;
}

/** PAYOUT only: it was confirmed, and the money has come back since (a bank's return). */
export interface Returned {
  readonly kind: 'RETURNED';
  readonly railReference: string | null;
  readonly amount: Money;
  readonly railCode: string;
}

/**
 * For certain, the rail has not taken this instruction: not a byte of it was sent, or it was turned away at the door
 * (no connection, no token, 401, 429, 503 with an answer that says so). The same or another rail may be tried.
 */
export interface NotSent {
  readonly kind: 'NOT_SENT';
  /** In words, for logs and people. */
  readonly why: string;
  /** When the rail said when to come back. */
  readonly retryAfterMs?: number;
}

/**
 * Nobody can say: a time-out, a broken connection after the first byte, an answer that cannot be read, a 5xx without
 * more. Never to be taken for a failure; the status is asked for by the same reference.
 */
export interface Unknown {
  readonly kind: 'UNKNOWN';
  readonly why: string;
}

/** The rail does not know the reference now. It may still be on its way: see `RailCapabilities.unseenIsFinalAfterMs`. */
export interface Unseen {
  readonly kind: 'UNSEEN';
}

export type SubmitOutcome = Accepted | Confirmed | RefusedByRail | NotSent | Unknown;
export type StatusOutcome = Accepted | Confirmed | RefusedByRail | Returned | Unseen | Unknown;

/** What can be learned of an attempt in whatever way, a notification included. */
export type RailNews = Accepted | Confirmed | RefusedByRail | Returned;

export type CancelOutcome =
  /** For certain, nothing has moved and nothing will. */
  | { readonly kind: 'CANCELLED' }
  /** It has moved, or is past calling off: ask for the status. */
  | { readonly kind: 'TOO_LATE' }
  | { readonly kind: 'UNSUPPORTED' }
  | Unknown;

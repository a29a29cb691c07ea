import type { Money } from '@paygraph/money';
import type { RailNews } from './outcome.ts';

/** What a rail sent us, just as it came. */
export interface RawWebhook {
  readonly method: string;
  /** What follows `/webhooks/rails/<name>`, `''` or beginning with `/`: where rails that do not sign carry a secret. */
  readonly path: string;
  /** Names in lower case; one that came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** By our clock. */
  readonly receivedAt: Date;
}

/** News of an attempt of ours. */
export interface AttemptEvent {
  readonly kind: 'ATTEMPT';
  /** The same event delivered again has the same id; unique per rail. */
  readonly eventId: string;
  /** `RailInstruction.reference`. */
  readonly reference: string;
  readonly news: RailNews;
}

/** Money that arrived without our having asked for it, or whose origin we cannot tell. */
export interface CreditEvent {
  readonly kind: 'CREDIT';
  readonly eventId: string;
  readonly amount: Money;
  /** The rail's own name for it. */
  readonly railReference: string;
  /** Whatever reference the sender gave, such as a payment's id. */
  readonly remittance: string | null;
  readonly senderName: string | null;
}

export type RailEvent = AttemptEvent | CreditEvent;

export type VerifiedWebhook =
  /** Signed, fresh, and so to be believed. */
  | { readonly kind: 'EVENTS'; readonly events: readonly RailEvent[] }
  /** Not signed (but by a path that only the rail knows): nothing of it is believed, the status of these is asked for. */
  | {
      readonly kind: 'NUDGE';
      readonly references: readonly string[];
      /** What the rail wants to hear back, as JSON, where it documents such a thing. */
      readonly acknowledgement?: Readonly<Record<string, string>>;
    }
  /** To be refused: wrong or missing signature, older than 5 minutes, unknown path, unreadable. */
  | { readonly kind: 'REJECTED'; readonly status: 400 | 401 | 404; readonly why: string };

/** How far a signed webhook's timestamp may lie from our clock, either way. */
export const webhookToleranceMs = 5 * 60_000;

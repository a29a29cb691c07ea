import { defaultRailTuning, type RailTuning } from './rails/tuning.ts';
import type { BackoffOptions } from './worker/backoff.ts';

/** What may be set for a deployment or a test; all times in ms. */
export interface Tuning {
  /** From a payment's creation until it expires if it has not been carried out: long enough for an analyst. */
  readonly timeToLiveMs: number;
  /** How long a quote holds. */
  readonly quoteLifeMs: number;
  /**
   * How long a dead worker holds a payment up. More than two calls of a peer take, which is what a stage may need; that of a
   * payment that was taken over may need a third.
   */
  readonly leaseMs: number;
  /** Payments or compensations in one batch, and questions in one call; peers take at most 1,000. */
  readonly batchSize: number;
  /** Batches under way at a time in this process. */
  readonly concurrency: number;
  /** How often workers look for work without being nudged. */
  readonly pollMs: number;
  /** The first pause before risk is asked about a payment under review again, and the longest. */
  readonly reviewPollMs: { readonly baseMs: number; readonly capMs: number };
  /** How often a subscription reads a timeline that nothing was heard of. */
  readonly rereadMs: number;
  /** How many names that lead to nobody a customer may try in so many seconds. */
  readonly payeeLookups: { readonly tries: number; readonly seconds: number };
  /** Pauses between tries of what a peer did not answer. */
  readonly backoff: BackoffOptions;
  /** How often quotes that nobody used, and webhooks that were read long ago, are removed. */
  readonly purgeMs: number;
  /** How often it is looked for reservations that end under a live payment, and how long before. */
  readonly extendMs: number;
  readonly extendLeadMs: number;
  readonly rails: RailTuning;
}

export const defaultTuning: Tuning = {
  timeToLiveMs: 24 * 60 * 60_000,
  quoteLifeMs: 30_000,
  leaseMs: 5_000,
  batchSize: 200,
  concurrency: 4,
  pollMs: 1_000,
  reviewPollMs: { baseMs: 1_000, capMs: 30_000 },
  purgeMs: 60_000,
  extendMs: 60_000,
  extendLeadMs: 10 * 60_000,
  rails: defaultRailTuning,
  rereadMs: 15_000,
  payeeLookups: { tries: 20, seconds: 900 },
  backoff: { baseMs: 200, capMs: 5_000 },
};

/** Longest time in ms that a call to a peer may take: two of them fit into a lease. */
export const peerTimeoutMs = 2_000;

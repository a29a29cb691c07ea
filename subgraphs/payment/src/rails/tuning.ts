import { numberVariable } from '@paygraph/service';
import { z } from 'zod';

/** How much each quality of a rail counts when one is chosen: parts of their sum. */
export interface RoutingWeights {
  readonly cost: number;
  readonly success: number;
  readonly latency: number;
  readonly health: number;
  readonly float: number;
}

/** What may be set of rails for a deployment or a test; all times in ms. */
export interface RailTuning {
  /** How long a rail may take to answer: with a pause for breath, half of `attemptLeaseMs`. */
  readonly callTimeoutMs: number;
  /** How long a dead worker holds an attempt up. */
  readonly attemptLeaseMs: number;
  /** How many answers in a row that are none open the circuit, and for how long. */
  readonly breakerFailures: number;
  readonly breakerPauseMs: number;
  /** Calls that may wait for their turn, per rail and process. */
  readonly queuedCalls: number;
  /** The first pause before a rail is asked for the status of what it has, and the longest. */
  readonly statusPauseMs: { readonly baseMs: number; readonly capMs: number };
  /** How often one rail that does not take an instruction is tried before another one is. */
  readonly notSentTries: number;
  /** How long money may wait for any rail to take it before the payment fails. */
  readonly patienceMs: number;
  /**
   * How long a rail that has never seen a collection is asked about it once nobody wants it any more, so that what was on its
   * way has arrived or never will. Should it be paid even so, it goes to suspense.
   */
  readonly abandonMs: number;
  /** How long what waits for its rail waits without hearing of it. */
  readonly parkMs: number;
  /** How old a float may be. */
  readonly floatAgeMs: number;
  readonly weights: RoutingWeights;
  /** How long what rails sent is kept as it came, once it has been read. */
  readonly webhookRetentionMs: number;
}

const dayMs = 24 * 60 * 60_000;

export const defaultRailTuning: RailTuning = {
  callTimeoutMs: 8_000,
  attemptLeaseMs: 20_000,
  breakerFailures: 5,
  breakerPauseMs: 10_000,
  queuedCalls: 1_000,
  statusPauseMs: { baseMs: 1_000, capMs: 60_000 },
  notSentTries: 3,
  patienceMs: 15 * 60_000,
  abandonMs: 15 * 60_000,
  parkMs: 30_000,
  floatAgeMs: 10_000,
  weights: { cost: 3, success: 4, latency: 1, health: 1, float: 1 },
  webhookRetentionMs: 90 * dayMs,
};

const weights = z.strictObject({
  cost: z.number().min(0),
  success: z.number().min(0),
  latency: z.number().min(0),
  health: z.number().min(0),
  float: z.number().min(0),
});

/** How long raw webhooks are kept, as a variable: whole days. In ms. */
export const webhookRetention = numberVariable(1, 3_650)
  .default(90)
  .transform((days) => days * dayMs);

/** Weights as a variable: `cost=3,success=4`; what is left out is as usual, and not all may be zero. */
export const routingWeights = z
  .string()
  .default('')
  .transform((text, context): RoutingWeights => {
    const given = text === '' ? [] : text.split(',').map((pair) => pair.split('='));
    const named = Object.fromEntries(
      given.map(([name = '', part = '']) => [name, part === '' ? Number.NaN : Number(part)]),
    );
    const read = weights.safeParse({ ...defaultRailTuning.weights, ...named });
    if (read.success && Object.values(read.data).some((part) => part > 0)) return read.data;
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'must be like cost=3,success=4,latency=1,health=1,float=1',
    });
    return z.NEVER;
  });

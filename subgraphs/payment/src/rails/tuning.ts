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
  /** How many processes share what a rail allows us: each keeps to its part, without asking the others. */
  readonly processes: number;
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
  /**
   * How long it may be unknown what became of an attempt, and how long a rail may leave undecided what it has taken, until
   * people should look.
   */
  readonly doubtMs: number;
  readonly undecidedMs: number;
  /** How long what waits for its rail waits without hearing of it. */
  readonly parkMs: number;
  /** How old a float may be, and how long it is waited for: payments of a whole batch wait with it, under one lease. */
  readonly floatAgeMs: number;
  readonly floatTimeoutMs: number;
  readonly weights: RoutingWeights;
  /** How often statements are read, of rails that have them. */
  readonly statementMs: number;
  /** How long what rails sent is kept as it came, once it has been read. */
  readonly webhookRetentionMs: number;
}

const dayMs = 24 * 60 * 60_000;

export const defaultRailTuning: RailTuning = {
  callTimeoutMs: 8_000,
  attemptLeaseMs: 20_000,
  breakerFailures: 5,
  breakerPauseMs: 10_000,
  processes: 1,
  queuedCalls: 1_000,
  statusPauseMs: { baseMs: 1_000, capMs: 60_000 },
  notSentTries: 3,
  patienceMs: 15 * 60_000,
  abandonMs: 15 * 60_000,
  doubtMs: 10 * 60_000,
  undecidedMs: dayMs,
  parkMs: 30_000,
  floatAgeMs: 10_000,
  floatTimeoutMs: 1_500,
  weights: { cost: 3, success: 4, latency: 1, health: 1, float: 1 },
  statementMs: 15 * 60_000,
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

/** How often statements are read, as a variable: whole minutes. In ms. */
export const statementInterval = numberVariable(1, 1_440)
  .default(15)
  .transform((minutes) => minutes * 60_000);

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

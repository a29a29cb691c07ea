import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Why a rail refuses an order for good; each rail says it in its own codes. */
export const refusals = [
  'PARTY_UNKNOWN',
  'PARTY_FUNDS',
  'PARTY_DECLINED',
  'PARTY_BLOCKED',
  'LIMIT',
  'FLOAT',
  'NOT_ALLOWED',
] as const;
export type Refusal = (typeof refusals)[number];

const probability = z.number().min(0).max(1);
const milliseconds = z.number().int().min(0).max(3_600_000);

/** How a rail misbehaves. Probabilities are per call or per order, 0 never and 1 always. */
export const behaviour = z.strictObject({
  /** Every answer takes so long. */
  latencyMs: milliseconds,
  /** From taking an order to deciding it; null: decided only when told to (`settle`). */
  settleMs: milliseconds.nullable(),
  /** The order is taken and never answered: the caller times out. */
  hangAfterTaking: probability,
  /** 5xx, and nothing taken. */
  errorBeforeTaking: probability,
  /** 5xx, though the order was taken. */
  errorAfterTaking: probability,
  /** The order is taken and answered with something that cannot be read. */
  malformedAnswer: probability,
  /** Turned away at the door, in the rail's own words. */
  unavailable: probability,
  /** 5xx to a question for a status. */
  statusError: probability,
  /** Orders refused for good, and why. */
  refuse: probability,
  refusal: z.enum(refusals),
  /** No payout finds float. */
  emptyFloat: z.boolean(),
  callbacks: z.strictObject({
    /** Never sent. */
    lost: probability,
    /** How often each is sent. */
    copies: z.number().int().min(1).max(10),
    /** After the final one, an older one arrives. */
    outOfOrder: probability,
    /** Before the true one, somebody who does not know the secret sends one that says the opposite. */
    forged: probability,
    /** Signed so long ago (only rails whose signature has a time). */
    agedMs: milliseconds,
    /** From the decision to the first delivery. */
    delayMs: milliseconds,
  }),
});
export type Behaviour = z.output<typeof behaviour>;

/** Some of it, to change. */
export const behaviourPatch = behaviour.partial().extend({ callbacks: behaviour.shape.callbacks.partial().optional() });
export type BehaviourPatch = z.output<typeof behaviourPatch>;

/** A rail as one wishes it. */
export const wellBehaved: Behaviour = {
  latencyMs: 0,
  settleMs: 250,
  hangAfterTaking: 0,
  errorBeforeTaking: 0,
  errorAfterTaking: 0,
  malformedAnswer: 0,
  unavailable: 0,
  statusError: 0,
  refuse: 0,
  refusal: 'NOT_ALLOWED',
  emptyFloat: false,
  callbacks: { lost: 0, copies: 1, outOfOrder: 0, forged: 0, agedMs: 0, delayMs: 0 },
};

export function changed(current: Behaviour, { callbacks, ...patch }: BehaviourPatch): Behaviour {
  return behaviour.parse({ ...current, ...patch, callbacks: { ...current.callbacks, ...callbacks } });
}

/** Decides by chance: the same for the same seed and key, in whatever order it is asked. */
export type Chance = (probability: number, ...key: readonly (string | number)[]) => boolean;

export function chanceOf(seed: number): Chance {
  return (likely, ...key) => {
    if (likely <= 0) return false;
    const digest = createHash('sha256')
      .update([seed, ...key].join('\u0000'))
      .digest();
    return digest.readUInt32BE(0) / 2 ** 32 < likely;
  };
}

import type { Money } from '@paygraph/money';
import type { Confirmed, RailNews, StatusOutcome, SubmitOutcome } from '@paygraph/rails';
import type { Logger } from '@paygraph/service';
import { backoff } from '../worker/backoff.ts';
import { type Attempt, instructionOf } from './attempt.ts';
import { type ClaimedAttempt, type Finding, mismatch } from './attempt-store.ts';
import { type LiveRail, latestBeginning, type Withheld } from './live-rail.ts';
import type { RailTuning } from './tuning.ts';

/** What is made of what an attempt's rail was asked and answered. */
export interface Called {
  readonly finding: Finding;
  /** What it says of the rail: 1 for what it carried, 0 for what it failed to, null for neither. */
  readonly success: 0 | 1 | null;
  /** How long it took to answer when it was handed over; null when the rail gave no answer. */
  readonly latencyMs: number | null;
}

/**
 * Calls a rail for one attempt: hands it over if it never was, otherwise asks where it stands. What is not certain stays
 * open and is asked about again; nothing is ever guessed.
 */
export function createCaller(
  rails: ReadonlyMap<string, LiveRail>,
  tuning: RailTuning,
  logger: Logger,
): (claimed: ClaimedAttempt) => Promise<Called> {
  const submit = async (
    rail: LiveRail,
    attempt: Attempt,
    inDoubt: boolean,
    beginBy: number,
    answered?: (latencyMs: number) => void,
  ) => ofSubmit(attempt, inDoubt, await rail.submit(instructionOf(attempt), beginBy, answered), tuning);

  const follow = async (rail: LiveRail, { attempt, wanted }: ClaimedAttempt, beginBy: number) => {
    const { cancels, unseenIsFinalAfterMs } = rail.adapter.capabilities;
    if (!wanted && cancels) {
      const cancelled = await rail.cancel(instructionOf(attempt), beginBy);
      if (cancelled.kind === 'CANCELLED')
        return certain(attempt, { kind: 'REFUSED', code: 'NOT_ALLOWED', railCode: 'CANCELLED' });
    }
    const outcome = await rail.status(instructionOf(attempt), beginBy);
    if (outcome.kind !== 'UNSEEN') return ofStatus(attempt, outcome, tuning);
    // With a bound after which the rail will never take it, waiting is all; without one only the rail's own memory of the
    // reference makes handing it over again harmless.
    const age = Date.now() - (attempt.submittedAt ?? attempt.createdAt).getTime();
    if (unseenIsFinalAfterMs !== null) return age > unseenIsFinalAfterMs ? notSent(attempt) : later(attempt, tuning);
    if (wanted) return submit(rail, attempt, true, beginBy);
    return attempt.direction === 'COLLECTION' && age > tuning.abandonMs ? notSent(attempt) : later(attempt, tuning);
  };

  return async (claimed) => {
    const { attempt, first, wanted } = claimed;
    const rail = rails.get(attempt.rail);
    if (!rail) {
      logger.error({ attempt: attempt.id, rail: attempt.rail }, 'an attempt rides a rail that is not configured');
      return { finding: later(attempt, tuning), success: null, latencyMs: null };
    }
    if (first && !wanted) return { finding: notSent(attempt), success: null, latencyMs: null };
    let latencyMs: number | null = null;
    const answered = (ms: number) => {
      latencyMs = ms;
    };
    const beginBy = latestBeginning(tuning);
    const finding = first
      ? await submit(rail, attempt, attempt.inDoubt, beginBy, answered)
      : await follow(rail, claimed, beginBy);
    tellOfAmounts(logger, attempt, finding);
    return { finding, success: successOf(finding), latencyMs };
  };
}

/** Tells people of amounts that are not those that were asked for. */
export function tellOfAmounts(logger: Logger, { id, rail }: Attempt, { railCode, state, charge, returned }: Finding) {
  if (railCode === mismatch)
    logger.error({ attempt: id, rail }, 'a rail says that it moved another amount than was asked for');
  if (returned) logger.error({ attempt: id, rail }, 'a rail sent back something else than had left: it is in suspense');
  if (state === 'RETURNED' && charge) logger.warn({ attempt: id, rail }, 'a rail kept a part of what it sent back');
}

/** News that are to be believed, as a finding. */
export function findingOf(attempt: Attempt, news: RailNews): Finding {
  return news.kind === 'ACCEPTED' ? accepted(attempt, news.railReference, 0) : certain(attempt, news);
}

function ofSubmit(attempt: Attempt, inDoubt: boolean, outcome: SubmitOutcome | Withheld, tuning: RailTuning): Finding {
  switch (outcome.kind) {
    case 'ACCEPTED':
      return accepted(attempt, outcome.railReference, tuning.statusPauseMs.baseMs);
    case 'CONFIRMED':
    case 'REFUSED':
      return certain(attempt, outcome);
    case 'UNKNOWN':
      return { ...later(attempt, tuning), inDoubt: true };
    case 'WITHHELD':
    case 'NOT_SENT': {
      // That this call was not sent says nothing of an earlier one.
      if (inDoubt) return { ...later(attempt, tuning), inDoubt };
      const counts = outcome.kind === 'NOT_SENT' || outcome.outOfOrder;
      if (counts && attempt.tries + 1 >= tuning.notSentTries) return notSent(attempt);
      const pause = backoff(attempt.tries, tuning.statusPauseMs, Math.random());
      const delayMs = Math.max(pause, counts ? 0 : (outcome.retryAfterMs ?? 0));
      return { ...later(attempt, tuning), state: 'CREATED', inDoubt: false, delayMs, countsAsTry: counts };
    }
  }
}

function ofStatus(
  attempt: Attempt,
  outcome: Exclude<StatusOutcome, { kind: 'UNSEEN' }> | Withheld,
  tuning: RailTuning,
) {
  switch (outcome.kind) {
    case 'ACCEPTED':
      return accepted(attempt, outcome.railReference, later(attempt, tuning).delayMs);
    case 'CONFIRMED':
    case 'REFUSED':
    case 'RETURNED':
      return certain(attempt, outcome);
    case 'UNKNOWN':
    case 'WITHHELD':
      return later(attempt, tuning);
  }
}

const nothing = {
  state: null,
  inDoubt: null,
  railReference: null,
  refusal: null,
  railCode: null,
  charge: null,
  returned: null,
} as const;

function accepted({ id, leaseEpoch }: Attempt, railReference: string | null, delayMs: number): Finding {
  return {
    ...nothing,
    id,
    epoch: leaseEpoch,
    state: 'ACCEPTED',
    railReference,
    inDoubt: false,
    delayMs,
    countsAsTry: true,
  };
}

/** Asked about again after a pause that grows. */
function later({ id, leaseEpoch, tries }: Attempt, { statusPauseMs }: RailTuning): Finding {
  const delayMs = backoff(tries, statusPauseMs, 0.5 + Math.random() / 2);
  return { ...nothing, id, epoch: leaseEpoch, delayMs, countsAsTry: true };
}

function notSent({ id, leaseEpoch }: Attempt): Finding {
  return { ...nothing, id, epoch: leaseEpoch, state: 'NOT_SENT', inDoubt: false, delayMs: 0, countsAsTry: false };
}

function certain(attempt: Attempt, news: Exclude<RailNews, { kind: 'ACCEPTED' }>): Finding {
  const common = {
    ...nothing,
    id: attempt.id,
    epoch: attempt.leaseEpoch,
    inDoubt: false,
    delayMs: 0,
    countsAsTry: false,
  };
  switch (news.kind) {
    case 'CONFIRMED':
      if (isOtherAmount(attempt, news)) return mismatched(attempt);
      return {
        ...common,
        state: 'CONFIRMED',
        railReference: news.railReference,
        charge: news.charge && news.charge.amount > 0n ? news.charge : null,
      };
    case 'RETURNED':
      return {
        ...common,
        ...{ state: 'RETURNED', railReference: news.railReference, railCode: news.railCode },
        ...cameBack(attempt, news.amount),
      };
    case 'REFUSED':
      return { ...common, state: 'REFUSED', refusal: news.code, railCode: news.railCode };
  }
}

/** What a rail keeps of what it sends back is its charge. Anything else that is not what had left is for people to see to. */
function cameBack({ amount: { amount, currency } }: Attempt, back: Money): Pick<Finding, 'charge' | 'returned'> {
  const kept = amount - back.amount;
  if (back.currency !== currency || kept < 0n) return { charge: null, returned: back };
  return { charge: kept > 0n ? { amount: kept, currency } : null, returned: null };
}

function isOtherAmount({ amount }: Attempt, said: { readonly amount: Confirmed['amount'] }): boolean {
  return said.amount !== null && (said.amount.amount !== amount.amount || said.amount.currency !== amount.currency);
}

/** Something else moved than was asked for: nothing is decided before people have looked, who see it on the attempt. */
function mismatched({ id, leaseEpoch }: Attempt): Finding {
  const again = { delayMs: 5 * 60_000, countsAsTry: true };
  return { ...nothing, id, epoch: leaseEpoch, inDoubt: true, railCode: mismatch, ...again };
}

/** What whoever is outside is at fault for is no failure of the rail. */
function successOf({ state, refusal, inDoubt }: Finding): 0 | 1 | null {
  if (state === 'CONFIRMED') return 1;
  if (state === 'REFUSED') return refusal?.startsWith('COUNTERPARTY_') ? null : 0;
  return state === 'NOT_SENT' || inDoubt === true ? 0 : null;
}

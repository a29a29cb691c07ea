import type { RailRefusal } from '@paygraph/rails';
import type { FailureCode } from '../payment/failure.ts';
import { type Attempt, isOpen, type SubjectId } from './attempt.ts';
import type { AttemptDraft, Attempts } from './attempt-store.ts';
import { type Ask, never, type Router } from './router.ts';
import type { RailTuning } from './tuning.ts';

/** Why what rides a rail failed for certain. */
export type RailFailure = Extract<FailureCode, `COUNTERPARTY_${string}` | 'RAIL_LIMIT_EXCEEDED' | 'RAIL_UNAVAILABLE'>;

/** Something that is to be carried over a rail, whichever can. */
export interface Rider {
  readonly subjectId: SubjectId;
  readonly ask: Ask;
  readonly narrative: string;
}

/** Where it stands. */
export type Ride =
  /** A rail has it, or will be asked; somebody will say when that changes. */
  | { readonly kind: 'riding' }
  | { readonly kind: 'arrived'; readonly attempt: Attempt }
  /** For certain nothing has moved, and no other rail can take it. */
  | { readonly kind: 'refused'; readonly code: RailFailure };

export interface RideDependencies {
  readonly attempts: Attempts;
  readonly router: Router;
  readonly tuning: RailTuning;
  /** Told that there are attempts to be made. */
  readonly created: () => void;
}

/**
 * Sees to it that each rider rides, on a second rail only once it is certain that the first has not taken the money, and
 * says where each stands: in the order given.
 */
export function createRides({ attempts, router, tuning, created }: RideDependencies) {
  return async (riders: readonly Rider[]): Promise<Ride[]> => {
    const known = await attempts.ofSubjects(riders.map(({ subjectId }) => subjectId));
    const drafts: AttemptDraft[] = [];
    const rides = await Promise.all(
      riders.map(async (rider): Promise<Ride> => {
        const own = known.filter(({ subjectId }) => subjectId === rider.subjectId);
        const standing = standingOf(own, tuning, Date.now());
        if (standing.kind !== 'waiting') return standing;
        const draft = await nextAttempt(router, rider, own);
        if (draft.kind === 'refused') return draft;
        if (draft.kind === 'draft') drafts.push(draft);
        return { kind: 'riding' };
      }),
    );
    await attempts.create(drafts);
    if (drafts.length > 0) created();
    return rides;
  };
}

export type Rides = ReturnType<typeof createRides>;

/** Where a rider stands by its attempts alone; `waiting` when another attempt may be made. */
export function standingOf(
  attempts: readonly Attempt[],
  { patienceMs }: Pick<RailTuning, 'patienceMs'>,
  now: number,
): Ride | { readonly kind: 'waiting' } {
  const arrived = attempts.find(({ state }) => state === 'CONFIRMED' || state === 'RETURNED');
  if (arrived) return { kind: 'arrived', attempt: arrived };
  if (attempts.some(isOpen)) return { kind: 'riding' };
  const [first] = attempts;
  const last = attempts.at(-1);
  if (!first || !last) return { kind: 'waiting' };
  if (last.refusal && !mayFailOver[last.refusal]) return { kind: 'refused', code: failureOf(last) };
  return now - first.createdAt.getTime() > patienceMs
    ? { kind: 'refused', code: failureOf(last) }
    : { kind: 'waiting' };
}

type Draft = AttemptDraft & { readonly kind: 'draft' };

/** A rail that has refused is not asked again; one that did not take it is, when no other one can. */
async function nextAttempt(
  router: Router,
  { subjectId, ask, narrative }: Rider,
  before: readonly Attempt[],
): Promise<Draft | { readonly kind: 'refused'; readonly code: RailFailure } | { readonly kind: 'none' }> {
  const refused = before.filter(({ state }) => state === 'REFUSED').map(({ rail }) => rail);
  const last = before.at(-1);
  const fresh = last ? await router.choose(ask, [...refused, last.rail]) : null;
  const choice = fresh?.rail ? fresh : await router.choose(ask, refused);
  const { rail } = choice;
  if (rail !== null)
    return {
      kind: 'draft',
      subjectId,
      ...ask,
      narrative,
      rail,
      number: before.length + 1,
      candidates: choice.candidates,
    };
  const isOver = choice.candidates.every(({ rail: name, why }) => refused.includes(name) || why === never);
  return isOver ? { kind: 'refused', code: last ? failureOf(last) : 'RAIL_UNAVAILABLE' } : { kind: 'none' };
}

/** Whether another rail may be asked: not when whoever is outside is the reason. */
const mayFailOver: Record<RailRefusal, boolean> = {
  COUNTERPARTY_NOT_FOUND: false,
  COUNTERPARTY_UNAVAILABLE: false,
  COUNTERPARTY_FUNDS: false,
  COUNTERPARTY_DECLINED: false,
  LIMIT_EXCEEDED: true,
  FLOAT_EXHAUSTED: true,
  NOT_ALLOWED: true,
};

const failures: Record<RailRefusal, RailFailure> = {
  COUNTERPARTY_NOT_FOUND: 'COUNTERPARTY_NOT_FOUND',
  COUNTERPARTY_UNAVAILABLE: 'COUNTERPARTY_UNAVAILABLE',
  COUNTERPARTY_FUNDS: 'COUNTERPARTY_FUNDS',
  COUNTERPARTY_DECLINED: 'COUNTERPARTY_DECLINED',
  LIMIT_EXCEEDED: 'RAIL_LIMIT_EXCEEDED',
  FLOAT_EXHAUSTED: 'RAIL_UNAVAILABLE',
  NOT_ALLOWED: 'RAIL_UNAVAILABLE',
};

/** Whether a failure is a rail's: the funds had been in transit, and came back. */
export function isRailFailure(code: string | null): boolean {
  return code !== null && (code.startsWith('COUNTERPARTY_') || code.startsWith('RAIL_'));
}

function failureOf({ refusal }: Attempt): RailFailure {
  return refusal === null ? 'RAIL_UNAVAILABLE' : failures[refusal];
}

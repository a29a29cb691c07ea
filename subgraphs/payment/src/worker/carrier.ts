import type { Logger, Tracing } from '@paygraph/service';
import { isCarriedOn, type Moves, type Step } from '../payment/move.ts';
import { type Payment, ridesRail } from '../payment/payment.ts';
import { type BackoffOptions, backoff } from './backoff.ts';
import { type Leases, type Postponement, type WorkableState, workable } from './lease.ts';
import type { Outcome, Stage } from './stage.ts';
import { tracedStage } from './trace.ts';

export interface CarrierDependencies {
  readonly stages: Record<WorkableState, Stage>;
  readonly moves: Moves;
  readonly leases: Leases;
  readonly reviewPollMs: { readonly baseMs: number; readonly capMs: number };
  readonly parkMs: number;
  readonly backoff: BackoffOptions;
  /** Told of every step taken. */
  readonly moved: (payments: readonly Payment[]) => void;
  /** Told of states that were entered and left in one step, each as the payment in it. */
  readonly passed: (payments: readonly Payment[]) => void;
  /** Told after how many ms the first of some payments put back is due again. */
  readonly postponed: (delayMs: number) => void;
  readonly logger: Logger;
  readonly tracing?: Tracing | undefined;
}

/**
 * Takes claimed payments from stage to stage, until each has ended, waits for somebody, or must be tried again later.
 * What enters a state in which this worker goes on stays leased to it, so that it needs no second claim.
 */
export function createCarrier(dependencies: CarrierDependencies): (payments: readonly Payment[]) => Promise<void> {
  const { stages, moves, leases, moved, passed, postponed, logger, tracing } = dependencies;

  const carryLane = async (state: WorkableState, lane: readonly Payment[]): Promise<void> => {
    const onward = await tracedStage(tracing, `payment ${state}`, lane, async () => {
      const outcomes = await stages[state](lane);
      const postponements = postponementsIn(lane, outcomes, dependencies);
      const steps = stepsIn(lane, outcomes);
      const [taken] = await Promise.all([moves.advance(steps), leases.postpone(postponements)]);
      // What follows is asked for before anybody is told.
      const carried = carry(taken.filter(isCarriedOn));
      moved(taken);
      passed(passagesIn(steps, taken));
      if (postponements.length > 0) postponed(Math.min(...postponements.map(({ delayMs }) => delayMs)));
      return { carried };
    });
    await onward.carried;
  };
  const carry = async (payments: readonly Payment[]): Promise<void> => {
    const results = await Promise.allSettled(lanesOf(payments).map(({ state, lane }) => carryLane(state, lane)));
    for (const result of results) {
      // Their leases run out, and they are taken up again where they stand.
      if (result.status === 'rejected') logger.error({ err: result.reason }, 'payments were dropped on the way');
    }
  };
  return carry;
}

interface Lane {
  readonly state: WorkableState;
  readonly lane: Payment[];
}

/** Apart by what they need of peers, so that one that is down holds up only those that need it. */
function lanesOf(payments: readonly Payment[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const payment of payments) {
    const state = workable.find((one) => one === payment.state);
    if (!state) continue;
    const key = `${state} ${payment.kind} ${payment.price.conversion !== null} ${ridesRail(payment)}`;
    const found = lanes.get(key);
    if (found) found.lane.push(payment);
    else lanes.set(key, { state, lane: [payment] });
  }
  return [...lanes.values()];
}

function stepsIn(payments: readonly Payment[], outcomes: readonly Outcome[]): Step[] {
  return payments.flatMap((payment, index) => {
    const outcome = outcomes[index];
    return outcome?.kind === 'step' ? [{ payment, ...outcome }] : [];
  });
}

function passagesIn(steps: readonly Step[], taken: readonly Payment[]): Payment[] {
  const asked = new Map(steps.map((step) => [step.payment.id, step]));
  return taken.flatMap((payment) => {
    const { to, through = [] } = asked.get(payment.id) ?? {};
    return payment.state === to ? through.map(({ state }) => ({ ...payment, state })) : [];
  });
}

function postponementsIn(
  payments: readonly Payment[],
  outcomes: readonly Outcome[],
  { reviewPollMs, parkMs, backoff: options }: CarrierDependencies,
): Postponement[] {
  return payments.flatMap((payment, index): Postponement[] => {
    switch (outcomes[index]?.kind) {
      case 'step':
        return [];
      case 'undecided':
        // From half of the pause up: nobody is in trouble here who would be spared by less.
        return [
          { payment, delayMs: backoff(payment.attempts, reviewPollMs, 0.5 + Math.random() / 2), countsAsAttempt: true },
        ];
      case 'waiting':
        return [{ payment, delayMs: parkMs, countsAsAttempt: false }];
      default:
        return [{ payment, delayMs: backoff(payment.attempts, options, Math.random()), countsAsAttempt: true }];
    }
  });
}

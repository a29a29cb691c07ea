import { type Id, parseId } from '@paygraph/ids';
import type { Database } from '../database.ts';
import type { PaymentStep as StepRow } from '../generated/prisma/client.ts';
import { hasMovedMoney, type PaymentReason, type PaymentState, states } from '../payment/lifecycle.ts';
import type { Viewer } from '../payment/visibility.ts';

/** One step of a payment's timeline, as it was taken. */
export interface TimelineStep {
  readonly paymentId: Id<'pay'>;
  /** 1, 2, 3 … within the payment. */
  readonly sequence: number;
  readonly from: PaymentState | null;
  /** The state entered. */
  readonly state: PaymentState;
  readonly reason: PaymentReason;
  readonly at: Date;
}

export interface Timelines {
  /** All steps of these payments, each payment's in order. */
  byPaymentIds(paymentIds: readonly string[]): Promise<TimelineStep[]>;
  /** Up to `limit` steps of one payment that come after `sequence`. */
  after(paymentId: string, sequence: number, limit: number): Promise<TimelineStep[]>;
  /** The number of the step with which the payee's view begins; undefined before it. */
  settledAt(paymentId: string): Promise<number | undefined>;
}

const withMoneyMoved = states.filter(hasMovedMoney);

/** Reads timelines, which are the truth about payments; whatever else carries news of them is only a hint. */
export function createTimelines(database: Database): Timelines {
  return {
    async byPaymentIds(paymentIds) {
      const rows = await database.paymentStep.findMany({
        where: { paymentId: { in: [...paymentIds] } },
        orderBy: [{ paymentId: 'asc' }, { sequence: 'asc' }],
      });
      return rows.map(stepFrom);
    },

    async after(paymentId, sequence, limit) {
      const rows = await database.$queryRaw<Omit<StepRow, 'actor'>[]>`
        SELECT payment_id AS "paymentId", sequence, from_state AS "from", to_state AS "state", reason, at
        FROM payment_timeline
        WHERE payment_id = ${paymentId} AND sequence > ${sequence}
        ORDER BY sequence LIMIT ${limit}`;
      return rows.map(stepFrom);
    },

    async settledAt(paymentId) {
      const row = await database.paymentStep.findFirst({
        where: { paymentId, state: { in: withMoneyMoved } },
        orderBy: { sequence: 'asc' },
      });
      return row?.sequence;
    },
  };
}

/** A payment's steps, oldest first. */
export interface Timeline {
  readonly paymentId: string;
  readonly steps: TimelineStep[];
}

/** Steps in order, by their payment. */
export function timelinesOf(steps: readonly TimelineStep[]): Timeline[] {
  const timelines = new Map<string, Timeline>();
  for (const step of steps) {
    const { paymentId } = step;
    const found = timelines.get(paymentId);
    if (found) found.steps.push(step);
    else timelines.set(paymentId, { paymentId, steps: [step] });
  }
  return [...timelines.values()];
}

/** What somebody sees of a payment's steps: the payee's view starts where the money had moved. */
export function visibleSteps(steps: readonly TimelineStep[], viewer: Viewer): TimelineStep[] {
  if (viewer !== 'PAYEE') return [...steps];
  const start = steps.findIndex(({ state }) => hasMovedMoney(state));
  return start < 0 ? [] : steps.slice(start);
}

/** A step from its row. */
export function stepFrom({ paymentId, sequence, from, state, reason, at }: Omit<StepRow, 'actor'>): TimelineStep {
  return { paymentId: parseId('pay', paymentId), sequence, from, state, reason, at };
}

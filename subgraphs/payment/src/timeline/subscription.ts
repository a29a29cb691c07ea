import type { Principal } from '@paygraph/auth';
import { type Follower, follow } from '@paygraph/events';
import { isId } from '@paygraph/ids';
import { badUserInput, notFound } from '@paygraph/subgraph';
import { isTerminal } from '../payment/lifecycle.ts';
import type { Payments } from '../payment/store.ts';
import { viewFor } from '../payment/visibility.ts';
import type { Hints } from './hints.ts';
import type { TimelineStep, Timelines } from './timeline.ts';

const missing = 'There is no such payment';

export interface Subscriptions {
  /**
   * Follows a payment's steps after `afterSequence` as the principal may see them; the payee's begin at CONFIRMED.
   * @throws GraphQLError BAD_USER_INPUT below zero or beyond the latest step, NOT_FOUND when there is nothing to see.
   */
  open(principal: Principal, paymentId: string, afterSequence: number): Promise<Follower<TimelineStep>>;
}

export function createSubscriptions(dependencies: {
  readonly payments: Payments;
  readonly timelines: Timelines;
  readonly hints: Hints;
  /** How often a timeline is read that nothing was heard of. */
  readonly rereadMs: number;
}): Subscriptions {
  const { payments, timelines, hints, rereadMs } = dependencies;

  /** Where the principal's view stands, and begins. */
  const standing = async (principal: Principal, paymentId: string) => {
    const [payment] = await payments.byIds([paymentId]);
    const view = payment && viewFor(principal, payment);
    if (!view) throw notFound(missing);
    const start = view.viewer === 'PAYEE' ? await timelines.settledAt(paymentId) : 1;
    return { latest: view.payment.sequence, ended: isTerminal(view.payment.state), start: start ?? 1 };
  };

  return {
    async open(principal, paymentId, afterSequence) {
      if (afterSequence < 0) throw badUserInput('afterSequence must be 0 or more', ['afterSequence']);
      if (!isId('pay', paymentId)) throw notFound(missing);
      let follower: Follower<TimelineStep> | undefined;
      // Listening begins before the first look at the table, so that nothing falls between the two.
      const stop = await hints.onMoved(paymentId, (sequence) => follower?.hint(sequence));
      try {
        const { latest, ended, start } = await standing(principal, paymentId);
        if (afterSequence > latest)
          throw badUserInput(`afterSequence is beyond the latest step, ${latest}`, ['afterSequence']);
        follower = follow({
          after: Math.max(afterSequence, start - 1),
          ended: ended && afterSequence === latest,
          numberOf: ({ sequence }) => sequence,
          isLast: ({ state }) => isTerminal(state),
          readsAll: true,
          read: (sequence, limit) => timelines.after(paymentId, sequence, limit),
          stop,
          rereadMs,
        });
        return follower;
      } catch (error) {
        stop();
        throw error;
      }
    },
  };
}

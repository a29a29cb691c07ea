import type { Followed } from '@paygraph/events';
import { resumeAfter } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/graphql.ts';
import { isSettled } from '../payment/lifecycle.ts';
import { viewOf } from '../payment/resolvers.ts';
import type { TimelineStep } from './timeline.ts';

export const timelineResolvers = {
  Subscription: {
    paymentStateChanged: {
      subscribe: (_parent, { paymentId, afterSequence }, { subscriptions, principal }) =>
        subscriptions.open(principal, paymentId, afterSequence),
      async resolve(followed: Followed<TimelineStep>, _args: unknown, { loaders, event }: Context) {
        if (followed.kind === 'resume') throw resumeAfter('afterSequence', followed.after);
        // A subscription's loaders live as long as it does: what they remember is from the steps before.
        loaders.payment.clearAll();
        loaders.timeline.clearAll();
        const { item } = followed;
        if (event) event.traceparent = (await loaders.payment.load(item.paymentId))?.traceparent ?? null;
        return item;
      },
    },
  },

  PaymentStateChange: {
    sequence: ({ sequence }) => sequence,
    from: ({ from }) => from,
    state: ({ state }) => state,
    reason: ({ reason }) => reason,
    at: ({ at }) => at,
    settled: ({ state }) => isSettled(state),
    async payment({ paymentId }, _args, context) {
      const view = await viewOf(context, paymentId);
      if (view) return view;
      throw new Error(`${paymentId} has a step but cannot be seen`);
    },
  },
} satisfies Resolvers;

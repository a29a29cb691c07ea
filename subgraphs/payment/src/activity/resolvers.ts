import type { Followed } from '@paygraph/events';
import { requireCustomer, resumeAfter } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/graphql.ts';
import { audienceOf, selectionFrom } from '../payment/selection.ts';
import type { Activity } from './store.ts';

export const activityResolvers = {
  Subscription: {
    paymentsActivity: {
      subscribe(_parent, { filter, after }, { activities, principal }) {
        const audience = audienceOf(requireCustomer(principal));
        return activities.follow(audience, selectionFrom(filter, audience), after);
      },
      resolve(followed: Followed<Activity>, _args: unknown, { loaders }: Context) {
        if (followed.kind === 'resume') throw resumeAfter('after', followed.after.toString());
        // A subscription's loaders live as long as it does: what they remember is from the steps before.
        loaders.payment.clearAll();
        loaders.timeline.clearAll();
        return followed.item;
      },
    },
  },

  PaymentActivity: {
    cursor: ({ position }) => position.toString(),
    change: ({ step }) => step,
  },
} satisfies Resolvers;

import type { Followed } from '@paygraph/events';
import { resumeAfter } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/graphql.ts';
import type { Entry } from '../transaction/store.ts';

export const activityResolvers = {
  Subscription: {
    walletActivity: {
      subscribe: (_parent, { walletId, after }, { activity, principal }) => activity.follow(principal, walletId, after),
      resolve(followed: Followed<Entry>, { walletId }: { walletId: string }, context: Context) {
        if (followed.kind === 'resume') throw resumeAfter('after', followed.after.toString());
        // A subscription's loaders live as long as it does: what they remember is from the entries before.
        context.loaders.accountById.clearAll();
        context.loaders.accountByWallet.clearAll();
        return { walletId, entry: followed.item };
      },
    },
  },

  WalletActivity: {
    cursor: ({ entry }) => entry.version.toString(),
    entry: ({ entry }) => entry,
    wallet: ({ walletId }) => ({ id: walletId }),
  },
} satisfies Resolvers;

import { type Follower, follow } from '@paygraph/events';
import { badUserInput } from '@paygraph/subgraph';
import type { Audience, PaymentSelection } from '../payment/selection.ts';
import type { Activity, ActivityStore } from './store.ts';
import type { Tail } from './tail.ts';

export interface Activities {
  /**
   * Follows what an audience sees of a selection after a cursor; what is to come if there is none.
   * @throws GraphQLError BAD_USER_INPUT for what is no cursor so far
   */
  follow(
    audience: Audience,
    selection: PaymentSelection,
    after: string | null | undefined,
  ): Promise<Follower<Activity>>;
}

export function createActivities(dependencies: {
  readonly store: ActivityStore;
  readonly tail: Tail;
  /** How often the relay is read of which nothing was heard. */
  readonly rereadMs: number;
}): Activities {
  const { store, tail, rereadMs } = dependencies;

  return {
    async follow(audience, selection, after) {
      /** Up to here everything of theirs has been read or there was nothing. */
      let readTo = 0;
      let follower: Follower<Activity> | undefined;
      const read = async (position: number, limit: number) => {
        for (;;) {
          const found = await store.after(Math.max(position, readTo), audience, selection, limit);
          if (found.activities.length > 0) return found.activities;
          readTo = Math.max(readTo, found.readTo);
          if (found.isAll) return [];
        }
      };
      // Listening begins before the look at where it stands, so that nothing falls between the two.
      const stop = await tail.listen({
        audience,
        news: (position) => follower?.hint(position),
        quiet(from, to) {
          if (readTo >= from) readTo = Math.max(readTo, to);
        },
      });
      try {
        const latest = await store.latest();
        const start = after == null ? latest : cursorFrom(after, latest);
        readTo = start;
        follower = follow({
          after: start,
          sparse: true,
          numberOf: ({ position }) => position,
          read,
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

function cursorFrom(after: string, latest: number): number {
  const position = /^\d{1,15}$/.test(after) ? Number(after) : Number.NaN;
  if (Number.isNaN(position)) throw badUserInput('after must be a cursor of an activity', ['after']);
  if (position > latest) throw badUserInput(`after is beyond the latest activity, ${latest}`, ['after']);
  return position;
}

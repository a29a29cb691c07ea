import type { Principal } from '@paygraph/auth';
import { type Follower, follow } from '@paygraph/events';
import { badUserInput, notFound } from '@paygraph/subgraph';
import { mayRead } from '../account/account.ts';
import type { AccountStore } from '../account/store.ts';
import type { EntryStore } from '../entry/store.ts';
import type { Entry } from '../transaction/store.ts';
import type { AccountWatcher } from './watcher.ts';

export interface Activity {
  /**
   * Follows a wallet's entries after the one with the version `after`; those to come if there is none.
   * @throws GraphQLError BAD_USER_INPUT for what is no version so far, NOT_FOUND when there is nothing to see.
   */
  follow(principal: Principal, walletId: string, after: string | null | undefined): Promise<Follower<Entry>>;
}

export interface ActivityDependencies {
  readonly accounts: AccountStore;
  readonly entries: EntryStore;
  readonly watcher: AccountWatcher;
  /** Time in ms after which entries are read of which nothing was heard. */
  readonly rereadMs?: number;
}

export function createActivity({ accounts, entries, watcher, rereadMs = 15_000 }: ActivityDependencies): Activity {
  /** The wallet's account as it stands. */
  const readable = async (principal: Principal, walletId: string) => {
    const [account] = await accounts.byWalletIds([walletId]);
    if (!account || !mayRead(principal, account)) throw notFound('There is no such wallet');
    return account;
  };

  return {
    async follow(principal, walletId, after) {
      const { id } = await readable(principal, walletId);
      let follower: Follower<Entry> | undefined;
      // Watching begins before the look at where it stands, so that nothing falls between the two.
      const stop = watcher.watch(id, (version) => follower?.hint(version));
      try {
        const readOn = entries.reader(id);
        const latest = Number((await readable(principal, walletId)).version);
        follower = follow({
          after: after == null ? latest : cursorFrom(after, latest),
          numberOf: ({ version }) => Number(version),
          read: (version, limit) => readOn(BigInt(version), limit),
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
  const version = /^\d{1,15}$/.test(after) ? Number(after) : Number.NaN;
  if (Number.isNaN(version)) throw badUserInput('after must be a cursor of an activity', ['after']);
  if (version > latest) throw badUserInput(`after is beyond the latest activity, ${latest}`, ['after']);
  return version;
}

import type { PreparedSubscription } from '../pipeline/prepare.ts';
import { principalKey, type RequestScope } from '../scope.ts';
import { Feed, type FeedHome, type FeedSettings, type Follower } from './feed.ts';
import type { SubscriptionSource } from './plan.ts';

/** Lets those who ask the same follow the same subscription at a subgraph. */
export interface Hub {
  /** Has somebody follow a feed: one that is at the same cursor already, or one of their own. */
  follow(follower: Follower): void;
}

/** All feeds of one operation, by who asks and with what variables. */
type Family = Map<string, Siblings>;

/**
 * Shares feeds among callers of one principal who ask the same operation with the same variables at the same cursor. Who
 * begins elsewhere catches up alone, and joins as soon as it stands where another does.
 */
export function createHub(settings: FeedSettings): Hub {
  // One object for all who ask the operation, and another one after a reload of the supergraph.
  const families = new WeakMap<SubscriptionSource, Family>();
  return {
    follow(follower) {
      const { prepared, scope } = follower;
      const family: Family = families.get(prepared.source) ?? new Map();
      families.set(prepared.source, family);
      const key = sharingKey(prepared, scope);
      const siblings = family.get(key) ?? new Siblings(family, key);
      family.set(key, siblings);
      siblings.feedFor(follower, settings).follow(follower);
    },
  };
}

/** Feeds of one operation with the same variables, for one principal. They differ in how far they are. */
class Siblings implements FeedHome {
  private readonly feeds: Feed[] = [];
  private readonly family: Family;
  private readonly key: string;

  constructor(family: Family, key: string) {
    this.family = family;
    this.key = key;
  }

  feedFor(follower: Follower, settings: FeedSettings): Feed {
    const joinable = this.feeds.find((feed) => isJoinable(feed, follower.prepared));
    if (joinable) return joinable;
    const feed = new Feed(follower, settings, this);
    this.feeds.push(feed);
    return feed;
  }

  /** The feed has just heard of its subgraph, so it is the one to go on with. */
  moved(feed: Feed): void {
    if (this.feeds.length === 1) return;
    for (const other of [...this.feeds]) if (other !== feed && other.cursor === feed.cursor) feed.absorb(other);
  }

  closed(feed: Feed): void {
    this.feeds.splice(this.feeds.indexOf(feed), 1);
    if (this.feeds.length === 0 && this.family.get(this.key) === this) this.family.delete(this.key);
  }
}

/** Who begins after a cursor joins those who stand there; who only wants what comes, those who are not catching up. */
function isJoinable(feed: Feed, { begin }: PreparedSubscription): boolean {
  return begin == null ? feed.live : feed.cursor === begin;
}

/**
 * What the subscriptions of a feed have in common. One that cannot be taken up again after its token's end is shared
 * among those with the same token only.
 */
function sharingKey({ variables, sharedVariables, begin }: PreparedSubscription, scope: RequestScope): string {
  const token = begin == null ? scope.authorization : null;
  return JSON.stringify([principalKey(scope), token, sharedVariables.map((name) => variables[name])]);
}

import type { Answer } from '../execution/answer.ts';
import type { PreparedSubscription } from '../pipeline/prepare.ts';
import { expiryOf, type RequestScope } from '../scope.ts';
import type { SubgraphAnswer, SubgraphRequest } from '../subgraphs/exchange.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import {
  LAST_MOMENTS,
  type UpstreamEnd,
  type UpstreamListener,
  type UpstreamSubscription,
} from '../subgraphs/upstream.ts';
import type { StreamInput } from './stream.ts';

/** How a feed ended for a follower, other than by completing. */
export type FeedEnd = Exclude<UpstreamEnd, { kind: 'completed' }>;

/** Somebody who follows a feed. */
export interface Follower extends StreamInput<FeedEvent, Answer> {
  readonly prepared: PreparedSubscription;
  /** The subgraph that owns the root field. */
  readonly owner: Subgraph;
  readonly scope: RequestScope;
  /** What they follow now: a feed that catches up gives its followers to the one it has caught up with. */
  feed: Feed | undefined;
  /** The last result of a stream that ends in this way. */
  lastResult(end: FeedEnd): Answer;
}

/** How a lost subscription is opened again. */
export interface ReopenPolicy {
  /** Attempts in a row without an event. */
  readonly attempts: number;
  /** Longest wait in ms before the first attempt; it doubles with each. The wait itself is random up to it. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** Gives a subgraph that is deployed anew some ten seconds, on average. */
export const patient: ReopenPolicy = { attempts: 8, firstDelayMs: 250, longestDelayMs: 5_000 };

/** Makes the answer to an event under the token of one follower. The event is only read. */
export type ExecuteEvent = (
  prepared: PreparedSubscription,
  event: SubgraphAnswer,
  scope: RequestScope,
) => Promise<Answer>;

/** What all feeds of a gateway have in common. */
export interface FeedSettings {
  readonly execute: ExecuteEvent;
  readonly reopen: ReopenPolicy;
}

/** Where a feed stands beside others. */
export interface FeedHome {
  /** The feed's cursor has moved on. */
  moved(feed: Feed): void;
  /** Its last follower has gone, or it has ended. */
  closed(feed: Feed): void;
}

/** Time in ms from which a subscription that is lost counts as having been well. */
const STEADY = 30_000;

/**
 * One subscription at a subgraph, and all who follow it: callers of one principal who asked the same. When it is lost and
 * there is a cursor to go on from, it is opened again after the last event that was passed on, so that nothing is missed
 * and nothing comes twice; not for ever. A class, because there may be one for each of tens of thousands of subscribers.
 */
export class Feed implements UpstreamListener {
  /** The cursor of the last event that all followers were given, or where it began. */
  cursor: unknown;
  /** Whether it brings events as they happen: false while it may be catching up with what has been. */
  live: boolean;
  private readonly followers = new Set<Follower>();
  private readonly prepared: PreparedSubscription;
  private readonly owner: Subgraph;
  private readonly settings: FeedSettings;
  private readonly home: FeedHome;
  /** Whether it has been under way: what goes wrong from then on may pass. */
  private begun = false;
  private attempts = 0;
  private openedAt = 0;
  private closed = false;
  private upstream: UpstreamSubscription | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor({ prepared, owner }: Pick<Follower, 'prepared' | 'owner'>, settings: FeedSettings, home: FeedHome) {
    this.prepared = prepared;
    this.owner = owner;
    this.settings = settings;
    this.home = home;
    this.cursor = prepared.begin;
    this.live = prepared.begin == null;
  }

  follow(follower: Follower): void {
    follower.feed = this;
    this.followers.add(follower);
    if (!this.upstream && !this.retry) this.open(follower.scope);
  }

  leave(follower: Follower): void {
    if (this.followers.delete(follower) && this.followers.size === 0) this.close();
  }

  /** Takes over all who follow another feed that is at the same cursor, and closes that. */
  absorb(other: Feed): void {
    for (const follower of other.dissolve()) this.follow(follower);
  }

  /** From the subgraph. */
  event(answer: SubgraphAnswer): void {
    const { prepared } = this;
    if (prepared.cursor && mayPass(answer, this.begun)) {
      this.lose();
      return;
    }
    this.begun = true;
    this.attempts = 0;
    const moved = answer.data ? prepared.cursor?.read(answer.data) : undefined;
    this.cursor = moved ?? this.cursor;
    const event = new FeedEvent(answer, moved, prepared, this.followers, this.settings.execute);
    for (const follower of [...this.followers]) follower.push(event);
    if (!this.closed && moved != null) this.home.moved(this);
  }

  /** From the subgraph. */
  end(end: UpstreamEnd): void {
    this.upstream = undefined;
    switch (end.kind) {
      case 'completed':
        this.finish(undefined);
        break;
      case 'refused':
        if (this.prepared.cursor && mayPass(end.answer, this.begun)) this.lose();
        else this.finish(end);
        break;
      case 'unauthenticated':
        this.renew(end);
        break;
      case 'unavailable':
        // Whether the subgraph is there at all is told at once.
        if (this.begun) this.lose();
        else this.finish(end);
        break;
      case 'interrupted':
        this.lose();
    }
  }

  private open(scope: RequestScope): void {
    this.retry = undefined;
    this.openedAt = Date.now();
    this.upstream = this.owner.subscribe(requestOf(this.prepared, this.cursor), scope, this);
  }

  /**
   * The token it was opened under is over: another follower may have one that is not. Where all are ending, no word is
   * given: what carries the answers (a socket, a stream) ends with the token by itself, and tells the client how to go on.
   */
  private renew(end: Extract<UpstreamEnd, { kind: 'unauthenticated' }>): void {
    const others = [...this.followers].filter(({ scope }) => scope.authorization !== end.authorization);
    const next = longestLasting(others);
    if (next && expiryOf(next.principal) > Date.now()) this.lose(next);
    else if (![...this.followers].every(isEnding)) this.finish(end);
  }

  /** Opens it again where it was lost, under the token of `scope` or of whoever is there then. */
  private lose(scope?: RequestScope): void {
    this.upstream?.close();
    this.upstream = undefined;
    if (Date.now() - this.openedAt > STEADY) this.attempts = 0;
    const { attempts, firstDelayMs, longestDelayMs } = this.settings.reopen;
    if (!this.prepared.cursor || this.cursor == null || this.attempts >= attempts) {
      this.finish({ kind: 'interrupted' });
      return;
    }
    this.begun = true;
    this.live = false;
    const longest = Math.min(firstDelayMs * 2 ** this.attempts, longestDelayMs);
    this.attempts++;
    this.retry = setTimeout(() => {
      const next = scope ?? longestLasting(this.followers);
      if (next) this.open(next);
    }, Math.random() * longest);
  }

  private finish(end: FeedEnd | undefined): void {
    for (const follower of this.dissolve()) follower.finish(end && (() => follower.lastResult(end)));
  }

  /** Closes without a word to its followers, and gives them away. */
  private dissolve(): readonly Follower[] {
    const left = [...this.followers];
    this.close();
    return left;
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.followers.clear();
    clearTimeout(this.retry);
    this.upstream?.close();
    this.home.closed(this);
  }
}

/** One event for all who follow a feed: its result is made once, when the first of them asks for it. */
export class FeedEvent {
  readonly answer: SubgraphAnswer;
  readonly cursor: unknown;
  private readonly prepared: PreparedSubscription;
  private readonly followers: ReadonlySet<Follower>;
  private readonly execute: ExecuteEvent;
  private readonly scope: RequestScope | undefined;
  private made: Promise<Answer> | undefined;

  constructor(
    answer: SubgraphAnswer,
    cursor: unknown,
    prepared: PreparedSubscription,
    followers: ReadonlySet<Follower>,
    execute: ExecuteEvent,
  ) {
    this.answer = answer;
    this.cursor = cursor;
    this.prepared = prepared;
    this.followers = followers;
    this.execute = execute;
    const [first] = followers;
    this.scope = first?.scope;
  }

  result(): Promise<Answer> {
    if (this.made) return this.made;
    // All may have left the feed by now, but for their last events.
    const scope = longestLasting(this.followers) ?? this.scope;
    if (!scope) throw new Error('An event was given to nobody');
    this.made = this.execute(this.prepared, this.answer, scope);
    return this.made;
  }
}

/** Whether the token is over, or a subgraph whose clock is ahead may find it so. */
function isEnding({ scope: { principal } }: Follower): boolean {
  return expiryOf(principal) < Date.now() + LAST_MOMENTS;
}

/** Whose token is good for the longest time. */
function longestLasting(followers: Iterable<Follower>): RequestScope | undefined {
  let longest: RequestScope | undefined;
  for (const { scope } of followers)
    if (!longest || expiryOf(scope.principal) > expiryOf(longest.principal)) longest = scope;
  return longest;
}

/**
 * What a subgraph says when it has found us too slow, and what it says while it has troubles of its own: no word for
 * clients, when the subscription can be taken up again.
 */
function mayPass({ data, errors = [] }: SubgraphAnswer, begun: boolean): boolean {
  if (data !== null) return false;
  return errors.some(({ extensions }) => extensions?.code === 'RESUME' || (begun && isTrouble(extensions?.code)));
}

function isTrouble(code: unknown): boolean {
  return code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE' || code === 'RATE_LIMITED';
}

function requestOf({ source, variables, cursor: resumption }: PreparedSubscription, cursor: unknown): SubgraphRequest {
  const { query, operationName } = source;
  const given = source.variables.flatMap((name) => (Object.hasOwn(variables, name) ? [[name, variables[name]]] : []));
  if (resumption && cursor !== undefined) given.push([resumption.variable, cursor]);
  return { query, operationName, variables: Object.fromEntries(given) };
}

import { GraphQLError } from 'graphql';
import { codedError } from '../errors.ts';
import { type Answer, answerOf } from '../execution/answer.ts';
import type { PreparedSubscription } from '../pipeline/prepare.ts';
import type { RequestScope } from '../scope.ts';
import type { SubgraphAnswer } from '../subgraphs/exchange.ts';
import { subgraphUnavailable } from '../subgraphs/faults.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import type { Feed, FeedEnd, FeedEvent, Follower } from './feed.ts';
import type { Hub } from './hub.ts';
import { BufferedStream } from './stream.ts';

export interface SubscribeOptions {
  readonly prepared: PreparedSubscription;
  /** The subgraph that owns the root field. */
  readonly owner: Subgraph;
  readonly scope: RequestScope;
  readonly hub: Hub;
  /** Called once, when nothing more will come of it. */
  readonly onDone?: (() => void) | undefined;
}

/** Why the gateway ends a subscription by itself. */
export type Interruption = 'expired' | 'draining';

/** The results of a subscription, and a way to end it with a last one that says why and where to go on. */
export interface Subscription extends AsyncGenerator<Answer, void, void> {
  interrupt(interruption: Interruption): void;
}

/** Events that may wait for a slow client. */
const BUFFER = 64;

/**
 * The results of a subscription whose selection may cross subgraphs: one subscription at the subgraph that owns the
 * root field, and for each of its events the rest of the plan. Nothing is opened before the first result is asked for,
 * and `return()` closes it at once. However it ends, other than by completing or by `return()`, the last result says so:
 *
 * - `RESUME`: the client was too slow for 64 buffered events, or the gateway is going down;
 * - `SUBSCRIPTION_INTERRUPTED`: the subgraph was lost, and for long if the field is resumable;
 * - `SUBGRAPH_UNAVAILABLE`: it could not be reached;
 * - `UNAUTHENTICATED`: the token is over, or the subgraph no longer takes it;
 * - whatever errors the subgraph refused it with.
 *
 * Where the field is resumable, the extensions carry the cursor to go on from, under its argument's name.
 */
export function subscribe(options: SubscribeOptions): Subscription {
  return new Subscriber(options);
}

class Subscriber extends BufferedStream<FeedEvent, Answer> implements Subscription, Follower {
  feed: Feed | undefined;
  readonly prepared: PreparedSubscription;
  readonly owner: Subgraph;
  readonly scope: RequestScope;
  protected readonly capacity = BUFFER;
  private readonly hub: Hub;
  private readonly onDone: (() => void) | undefined;
  /** The cursor of the last event that the client was given, or where it began. */
  private sent: unknown;

  constructor({ prepared, owner, scope, hub, onDone }: SubscribeOptions) {
    super();
    this.prepared = prepared;
    this.owner = owner;
    this.scope = scope;
    this.hub = hub;
    this.onDone = onDone;
    this.sent = prepared.begin;
  }

  interrupt(interruption: Interruption): void {
    this.cutOff(() => {
      switch (interruption) {
        case 'expired':
          return this.failed('UNAUTHENTICATED', 'The access token has expired: subscribe again with another to go on.');
        case 'draining':
          return this.failed('RESUME', 'The gateway is going down: subscribe again to go on.');
      }
    });
  }

  lastResult(end: FeedEnd): Answer {
    switch (end.kind) {
      case 'refused':
        return failure(...errorsOf(end.answer));
      case 'unauthenticated':
        return this.failed('UNAUTHENTICATED', 'The access token is no longer accepted.');
      case 'unavailable':
        return failure(subgraphUnavailable(this.owner.name));
      case 'interrupted':
        return this.failed('SUBSCRIPTION_INTERRUPTED', 'Interrupted: subscribe again to go on.');
    }
  }

  protected open(): void {
    this.hub.follow(this);
  }

  protected close(): void {
    this.feed?.leave(this);
  }

  protected async resultOf(event: FeedEvent): Promise<Answer> {
    const { data } = event.answer;
    const result = data ? await event.result() : failure(...errorsOf(event.answer));
    this.sent = event.cursor ?? this.sent;
    return result;
  }

  protected overflow(): Answer {
    return this.failed('RESUME', 'Too slow to follow: subscribe again to go on.');
  }

  protected settled(): void {
    this.onDone?.();
  }

  private failed(code: string, message: string): Answer {
    const { cursor } = this.prepared;
    const resumption = cursor && this.sent != null ? { [cursor.argument]: this.sent } : {};
    return failure(codedError(code, message, resumption));
  }
}

function failure(...errors: GraphQLError[]): Answer {
  return answerOf({ data: null, errors });
}

function errorsOf({ errors = [] }: SubgraphAnswer): GraphQLError[] {
  return errors.map(({ message, path, extensions }) => new GraphQLError(message, { path, extensions }));
}

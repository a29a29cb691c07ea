import type { Prove } from '@paygraph/auth';
import type { Tls } from '@paygraph/service';
import { expiryOf, principalKey, type RequestScope } from '../scope.ts';
import type { SubgraphAnswer, SubgraphRequest } from './exchange.ts';
import { openUpstreamSocket, type UpstreamSocket } from './upstream-socket.ts';

/** How a subscription at a subgraph ended: by itself, refused with errors, or by a fault, before or after it began. */
export type UpstreamEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'refused'; readonly answer: SubgraphAnswer }
  /** The subgraph no longer takes this token. */
  | { readonly kind: 'unauthenticated'; readonly authorization: string | undefined }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'interrupted' };

export interface UpstreamListener {
  event(answer: SubgraphAnswer): void;
  /** Called once, and nothing after it; not called when the subscription was closed from here. */
  end(end: UpstreamEnd): void;
}

export interface UpstreamSubscription {
  /** Closes at once and for good; may be called more than once. */
  close(): void;
}

export interface UpstreamOptions {
  readonly url: string;
  readonly subgraph: string;
  /** Longest time in ms until the subgraph has acknowledged a connection. */
  readonly timeoutMs: number;
  /** Proves to it that the gateway connects. */
  readonly prove?: Prove | undefined;
  readonly tls?: Tls | undefined;
}

export interface Upstreams {
  /** Opens one subscription. It is never retried from here: that would repeat the old cursor. */
  open(request: SubgraphRequest, scope: RequestScope, listener: UpstreamListener): UpstreamSubscription;
}

/** Operations on one socket: subgraphs refuse more. */
const OPERATIONS = 100;
/** Time in ms before a token's end from which nothing new is begun under it. */
export const LAST_MOMENTS = 1_000;

/**
 * Subscriptions at one subgraph over graphql-transport-ws. Those of one principal go over one socket (over one per
 * hundred), so that a crowd of them costs the subgraph few connections, and nothing of one principal can reach another.
 * A socket is closed a moment after its last subscription.
 */
export function createUpstreams(options: UpstreamOptions): Upstreams {
  const sockets = new Map<string, Set<UpstreamSocket>>();

  const socketFor = (scope: RequestScope): UpstreamSocket => {
    const key = principalKey(scope);
    const own = sockets.get(key) ?? new Set();
    for (const socket of own) if (socket.operations < OPERATIONS && lastsFor(socket, scope)) return socket;
    const opened = openUpstreamSocket(options, scope, () => {
      own.delete(opened);
      if (own.size === 0 && sockets.get(key) === own) sockets.delete(key);
    });
    own.add(opened);
    sockets.set(key, own);
    return opened;
  };
  return { open: (request, scope, listener) => socketFor(scope).open(request, scope, listener) };
}

/** Whether a socket lasts as long as the caller's token: what is begun on it ends with the token that it was opened under. */
function lastsFor({ expiresAt }: UpstreamSocket, { principal }: RequestScope): boolean {
  return expiresAt >= expiryOf(principal) && expiresAt > Date.now() + LAST_MOMENTS;
}

import { createHash } from 'node:crypto';
import { anonymous, type Principal, principalName } from '@paygraph/auth';
import type { Logger } from '@paygraph/service';
import type { Span } from '@paygraph/tracing';
import { type DocumentNode, Kind } from 'graphql';

/** Who asks, and under which id: the same for HTTP and WebSocket, and what subgraphs are told. */
export interface RequestScope {
  readonly principal: Principal;
  /** The verified `authorization`, forwarded as it came; subgraphs verify it again. */
  readonly authorization: string | undefined;
  readonly requestId: string;
  /** Where it came from, as far as trusted proxies tell; undefined when nobody knows. */
  readonly address?: string | undefined;
  readonly logger: Logger;
  /** What subgraphs are asked stands below it, if this is traced. */
  readonly span?: Span | undefined;
}

/** When the caller's token ends, in ms since the epoch; infinite without one. */
export function expiryOf(principal: Principal): number {
  return principal.kind === 'anonymous' ? Number.POSITIVE_INFINITY : principal.expiresAt.getTime();
}

const keys = new WeakMap<Principal, string>();

/**
 * The same text for callers whom subgraphs cannot tell apart: one session of a person, or a service, with the same rights.
 * Nobody knows whether two anonymous callers are the same: each request of one has a text of its own.
 */
export function principalKey({ principal, requestId }: RequestScope): string {
  if (principal.kind === 'anonymous') return requestId;
  const known = keys.get(principal);
  if (known !== undefined) return known;
  const who =
    principal.kind === 'customer'
      ? [principal.id, principal.sessionId, ...[...principal.roles].sort()]
      : [principal.service];
  const identity = JSON.stringify([principal.kind, who, [...principal.scopes].sort()]);
  const key = createHash('sha256').update(identity).digest('base64');
  keys.set(principal, key);
  return key;
}

type Given = Omit<RequestScope, 'logger'>;

/** Makes its logger when it is first needed: most requests log nothing. A class, because every operation has some. */
class Scope implements RequestScope {
  readonly principal: Principal;
  readonly authorization: string | undefined;
  readonly requestId: string;
  readonly address: string | undefined;
  readonly span: Span | undefined;
  readonly #parent: { readonly logger: Logger };
  readonly #bindings: () => object;
  #logger: Logger | undefined;

  constructor(given: Given, parent: { readonly logger: Logger }, bindings: () => object) {
    this.principal = given.principal;
    this.authorization = given.authorization;
    this.requestId = given.requestId;
    this.address = given.address;
    this.span = given.span;
    this.#parent = parent;
    this.#bindings = bindings;
  }

  get logger(): Logger {
    this.#logger ??= this.#parent.logger.child(this.#bindings());
    return this.#logger;
  }
}

/** A scope whose log knows the request and who asks. */
export function createScope(given: RequestScope): RequestScope {
  return new Scope(given, given, () => bindingsOf(given));
}

/** What every line of a request's log begins with. */
export function bindingsOf({ requestId, principal }: Pick<RequestScope, 'requestId' | 'principal'>): object {
  return { requestId, principal: principalName(principal) };
}

/** The same for one operation: its log names it. */
export function forOperation(scope: RequestScope, { document }: { readonly document: DocumentNode }): RequestScope {
  return new Scope(scope, scope, () => ({ operation: nameIn(document) }));
}

function nameIn({ definitions }: DocumentNode): string | undefined {
  return definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)?.name?.value;
}

/** The same request as if nobody known had sent it: what it is answered then is for everybody. */
export function forEverybody(scope: RequestScope): RequestScope {
  const { requestId, address, span } = scope;
  return new Scope({ principal: anonymous, authorization: undefined, requestId, address, span }, scope, () => ({}));
}

/** The same with a span of its own. */
export function withSpan(scope: RequestScope, span: Span): RequestScope {
  const { principal, authorization, requestId, address } = scope;
  return new Scope({ principal, authorization, requestId, address, span }, scope, () => ({}));
}

import type { Prove } from '@paygraph/auth';
import { connectorTo, type Tls } from '@paygraph/service';
import { codedError } from '../errors.ts';
import type { RequestScope } from '../scope.ts';
import { answerFrom, type SubgraphAnswer, type SubgraphRequest } from './exchange.ts';
import { createPoster } from './post.ts';
import { createUpstreams, type UpstreamListener, type UpstreamSubscription } from './upstream.ts';

export interface SubgraphOptions {
  readonly name: string;
  /** Its GraphQL address; subscriptions go to the same with the scheme `ws` or `wss`. */
  readonly url: string;
  /** Longest time in ms from the call to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Proves to it that the gateway asks; it is asked without proof if left out. */
  readonly prove?: Prove | undefined;
  /** How connections are secured; not at all if left out. */
  readonly tls?: Tls | undefined;
}

/** A subgraph as the gateway calls it. A fault of it is part of the answer, never thrown. */
export interface Subgraph {
  readonly name: string;
  /** Posts the body of a GraphQL request and calls back once with the answer. */
  ask(body: string, scope: RequestScope, answered: (answer: SubgraphAnswer) => void): void;
  /** Opens a subscription under the caller's token, on a socket that only this caller's subscriptions use. */
  subscribe(request: SubgraphRequest, scope: RequestScope, listener: UpstreamListener): UpstreamSubscription;
  /** Rejects when the last thing heard of it was a fault; asks it when nothing was heard for a while. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Age in ms from which what is known is asked anew, and the time that takes at most. */
const NEWS_AGE = 5_000;
const PROBE_TIMEOUT = 1_000;

export function createSubgraph({ name, url, timeoutMs, prove, tls }: SubgraphOptions): Subgraph {
  const poster = createPoster(new URL(url), connectorTo(name, { url, tls, timeoutMs }));
  const upstreams = createUpstreams({
    url: url.replace(/^http/, 'ws'),
    subgraph: name,
    timeoutMs,
    prove,
    tls,
  });
  let fault: Error | undefined;
  let knownAt = Number.NEGATIVE_INFINITY;

  const heard = (error: Error | undefined): void => {
    fault = error;
    knownAt = Date.now();
  };
  const unavailable = (scope: RequestScope, error: Error): SubgraphAnswer => {
    heard(error);
    scope.logger.warn({ err: error, subgraph: name }, 'a subgraph is unavailable');
    return { data: null, errors: [subgraphUnavailable(name).toJSON()], unavailable: true };
  };
  const read = (scope: RequestScope, error: Error | undefined, value: unknown): SubgraphAnswer => {
    if (error) return unavailable(scope, error);
    const answer = answerFrom(value, name, scope);
    if (!answer) return unavailable(scope, new Error('answered something else than GraphQL'));
    heard(undefined);
    return answer;
  };
  const probe = (): Promise<void> =>
    new Promise((resolve) => {
      poster.post('{"query":"{__typename}"}', {
        timeoutMs: PROBE_TIMEOUT,
        headers: CONTENT,
        answered(error) {
          heard(error);
          resolve();
        },
      });
    });

  return {
    name,
    ask(body, scope, answered) {
      const span = scope.span?.begin(`${name} /graphql`, { kind: 'client', attributes: { 'peer.service': name } });
      const headers = headersFor(scope);
      if (prove)
        headers['x-paygraph-proof'] = prove({ authorization: scope.authorization, requestId: scope.requestId, body });
      if (span) headers.traceparent = span.traceparent;
      poster.post(body, {
        ...{ timeoutMs, headers },
        answered(error, value) {
          if (error) span?.fail(error);
          span?.end();
          answered(read(scope, error, value));
        },
      });
    },
    subscribe: upstreams.open,
    async ready() {
      if (Date.now() - knownAt > NEWS_AGE) await probe();
      if (fault) throw fault;
    },
    close: () => poster.close(),
  };
}

const CONTENT = { 'content-type': 'application/json', accept: 'application/json' };

function headersFor({ authorization, requestId }: RequestScope): Record<string, string> {
  const [type, accept] = [CONTENT['content-type'], CONTENT.accept];
  if (authorization === undefined) return { 'content-type': type, accept, 'x-request-id': requestId };
  return { 'content-type': type, accept, 'x-request-id': requestId, authorization };
}

/** A subgraph cannot be reached, is too late or answers garbage. Says no more than its name. */
export function subgraphUnavailable(subgraph: string) {
  return codedError('SUBGRAPH_UNAVAILABLE', `The ${subgraph} service is unavailable.`);
}

import type { Prove } from '@paygraph/auth';
import { connectorTo, type Logger, type Tls } from '@paygraph/service';
import type { RequestScope } from '../scope.ts';
import { Breaker } from './breaker.ts';
import { readPayload, type SubgraphAnswer, type SubgraphRequest } from './exchange.ts';
import { circuitOpen, garbage, late } from './faults.ts';
import { Flights } from './flights.ts';
import type { Line } from './line.ts';
import { type CallObserver, type Standing, unobserved } from './observer.ts';
import { createPoster, type Poster } from './post.ts';
import { RetryBudget } from './retry.ts';
import { type CallSettings, defaultCalls } from './settings.ts';
import { type Asked, CONTENT } from './try.ts';
import { Turns } from './turns.ts';
import { createUpstreams, type UpstreamListener, type UpstreamSubscription } from './upstream.ts';

export interface SubgraphOptions {
  readonly name: string;
  /** Its GraphQL address; subscriptions go to the same with the scheme `ws` or `wss`. */
  readonly url: string;
  readonly logger: Logger;
  /** The documented defaults for what is left out. */
  readonly calls?: Partial<CallSettings> | undefined;
  /** Proves to it that the gateway asks; it is asked without proof if left out. */
  readonly prove?: Prove | undefined;
  /** How connections are secured; not at all if left out. */
  readonly tls?: Tls | undefined;
  readonly observe?: CallObserver | undefined;
}

/** A subgraph as the gateway calls it. A fault of it is part of the answer, never thrown. */
export interface Subgraph {
  readonly name: string;
  /** Asks it and calls back once with the answer, which whoever asked may write into. */
  ask(asked: Omit<Asked, 'scope'>, scope: RequestScope, answered: (answer: SubgraphAnswer) => void): void;
  /** Opens a subscription under the caller's token, on a socket that only this caller's subscriptions use. */
  subscribe(request: SubgraphRequest, scope: RequestScope, listener: UpstreamListener): UpstreamSubscription;
  /**
   * Rejects when the last thing heard of it was a fault, or its circuit is open; asks it when nothing was heard for a while.
   * Resolves to what is to be shown of it.
   */
  ready(): Promise<unknown>;
  close(): Promise<void>;
}

/** One that is called over the network. */
export interface RemoteSubgraph extends Subgraph {
  standing(): Standing;
}

/** Age in ms from which what is known is asked anew, and the time that takes at most. */
const NEWS_AGE = 5_000;
const PROBE_TIMEOUT = 1_000;

export function createSubgraph(options: SubgraphOptions): RemoteSubgraph {
  const { name, url, logger, prove, tls, observe = unobserved } = options;
  const settings = { ...defaultCalls, ...options.calls };
  const { timeoutMs, concurrency, queue, circuit } = settings;
  const poster = createPoster(new URL(url), concurrency, connectorTo(name, { url, tls, timeoutMs }));
  const upstreams = createUpstreams({ url: url.replace(/^http/, 'ws'), subgraph: name, timeoutMs, prove, tls });
  const turns = new Turns(concurrency, queue);
  const breaker = new Breaker(circuit, (state) => {
    logger.warn({ subgraph: name, circuit: state }, 'the circuit of a subgraph has changed');
    if (state === 'open') turns.dismiss();
  });
  let fault: Error | undefined;
  let knownAt = Number.NEGATIVE_INFINITY;
  const heard = (error: Error | undefined): void => {
    fault = error;
    knownAt = performance.now();
  };
  const line: Line = {
    ...{ name, spanName: `${name} /graphql`, settings, poster, breaker, turns },
    ...{ budget: new RetryBudget(), prove, observe, heard },
  };
  const flights = new Flights(line);

  return {
    name,
    ask: ({ kind, body }, scope, answered) => flights.ask({ kind, body, scope }, answered),
    subscribe: upstreams.open,
    standing: () => ({ circuit: breaker.state, underWay: turns.taken, waiting: turns.waiting }),
    async ready() {
      if (breaker.state === 'open') throw circuitOpen.error;
      if (performance.now() - knownAt > NEWS_AGE) heard(await probe(poster));
      if (fault) throw fault;
      return { circuit: breaker.state };
    },
    close: () => poster.close(),
  };
}

/** Asks whether it answers at all, beside all calls. Resolves to what is wrong with it, if anything. */
function probe(poster: Poster): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const exchange = poster.post('{"query":"{__typename}"}', CONTENT, {
      sent: () => undefined,
      answered: (status, text) => end(readPayload(text) ? undefined : garbage(status).error),
      failed: (error) => end(error),
    });
    const end = (error: Error | undefined): void => {
      clearTimeout(timer);
      resolve(error);
    };
    const timer = setTimeout(() => {
      exchange.abort();
      end(late(PROBE_TIMEOUT));
    }, PROBE_TIMEOUT);
  });
}

import { createDurations } from '@paygraph/service';
import { type DocumentNode, type GraphQLError, Kind } from 'graphql';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Cached } from '../caching/response-cache.ts';
import type { OperationObserver } from '../pipeline/observer.ts';
import type { PreparedOperation } from '../pipeline/prepare.ts';
import type { WarmedUp } from '../pipeline/warm-up.ts';
import type { RemoteSubgraph, Subgraph } from '../subgraphs/subgraph.ts';
import { type CallMetrics, createCallMetrics } from './calls.ts';

/** What carries subscriptions. */
export type Transport = 'websocket' | 'sse' | 'multipart';

/** Measures what it is put around. */
export interface GatewayMetrics extends Pick<CallMetrics, 'calls'> {
  readonly operations: OperationObserver;
  subgraph(subgraph: RemoteSubgraph): Subgraph;
  /** Counts what is turned away before anything ran, by the code that its sender is told. */
  refused(code: string): void;
  /** Counts an answer that is for everybody. */
  cached(how: Cached): void;
  /** Measures what has been planned before anybody waited. */
  warmedUp(warmedUp: WarmedUp): void;
  /** Counts a subscription that has begun, and returns how to count its end, once. */
  subscribed(transport: Transport): () => void;
}

/** One of so many operations has its cost measured, because its answer is read for it. */
const SAMPLED = 61;
/** What operations are called whose text no known client sends: their names are whatever somebody chose. */
const OTHER = 'other';

/** Of as many series as there are known operations, subgraphs and codes of errors. */
export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const observeOperation = createDurations({
    name: 'paygraph_gateway_operation_duration_seconds',
    help: 'Time to run a query or mutation, from its plan to its answer.',
    labelNames: ['operation', 'type', 'outcome'],
    registry,
  });
  const rejected = new Counter({
    name: 'paygraph_gateway_rejected_total',
    help: 'Operations, and bad tokens, that were turned away before anything ran, by the code of the first error.',
    labelNames: ['code'],
    registers,
  });
  const observeFetch = createDurations({
    name: 'paygraph_gateway_fetch_duration_seconds',
    help: 'Time until a subgraph answered a fetch, or it was known that it does not.',
    labelNames: ['subgraph', 'outcome'],
    registry,
  });
  const live = new Gauge({
    name: 'paygraph_gateway_subscriptions',
    help: 'Subscriptions of clients that are open.',
    labelNames: ['transport'],
    registers,
  });
  const upstreams = new Gauge({
    name: 'paygraph_gateway_upstream_subscriptions',
    help: 'Subscriptions at subgraphs that are open: several of clients may share one.',
    labelNames: ['subgraph'],
    registers,
  });
  const plans = new Counter({
    name: 'paygraph_gateway_planned_total',
    help: 'Operations that were planned while their caller waited (request), or before anybody asked (warm-up).',
    labelNames: ['when'],
    registers,
  });
  const warmUpTime = new Gauge({
    name: 'paygraph_gateway_warm_up_seconds',
    help: 'What the last warm-up took.',
    registers,
  });
  const warmUpRefused = new Gauge({
    name: 'paygraph_gateway_warm_up_refused',
    help: 'Operations of known clients that the last warm-up could not plan on its supergraph.',
    registers,
  });
  const costs = new Counter({
    name: 'paygraph_gateway_cost_total',
    help: `What one in ${SAMPLED} operations was estimated to cost, and what its answer cost (actual).`,
    labelNames: ['operation', 'kind'],
    registers,
  });
  const cached = new Counter({
    name: 'paygraph_gateway_cache_total',
    help: 'Answers that are for everybody: kept here (hit) or in Redis (shared), run for another too (joined), or run (miss).',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['hit', 'shared', 'joined', 'miss'] satisfies Cached[]) cached.inc({ outcome }, 0);
  for (const when of ['request', 'warm-up']) plans.inc({ when }, 0);
  for (const transport of ['websocket', 'sse', 'multipart'] satisfies Transport[]) live.set({ transport }, 0);

  const { calls, show } = createCallMetrics(registry);
  const names = new WeakMap<DocumentNode, string>();
  const nameOf = ({ document, isRegistered }: PreparedOperation): string => {
    const known = names.get(document);
    if (known !== undefined) return known;
    const name = (isRegistered && nameIn(document)) || OTHER;
    names.set(document, name);
    return name;
  };
  let answers = 0;

  return {
    operations: {
      planned: () => plans.inc({ when: 'request' }),
      rejected: ([first]) => rejected.inc({ code: codeOf(first) }),
      ran(prepared, ms, answer, costOf) {
        const operation = nameOf(prepared);
        observeOperation(ms / 1_000, operation, prepared.type, answer.outcome ?? 'ok');
        answers += 1;
        if (answers % SAMPLED !== 1) return;
        costs.inc({ operation, kind: 'estimated' }, prepared.cost);
        costs.inc({ operation, kind: 'actual' }, costOf(prepared, answer));
      },
    },

    calls,
    subgraph(subgraph) {
      show(subgraph);
      return {
        ...subgraph,
        ask(asked, scope, answered) {
          const begun = performance.now();
          subgraph.ask(asked, scope, (answer) => {
            const outcome = answer.unavailable ? 'unavailable' : answer.errors ? 'errors' : 'ok';
            observeFetch(since(begun), subgraph.name, outcome);
            answered(answer);
          });
        },
        subscribe(request, scope, listener) {
          const labels = { subgraph: subgraph.name };
          upstreams.inc(labels);
          const ended = once(() => upstreams.dec(labels));
          const subscription = subgraph.subscribe(request, scope, {
            event: (answer) => listener.event(answer),
            end(end) {
              ended();
              listener.end(end);
            },
          });
          return {
            close() {
              ended();
              subscription.close();
            },
          };
        },
      };
    },

    refused: (code) => rejected.inc({ code }),
    cached: (outcome) => cached.inc({ outcome }),
    warmedUp({ planned, refused, seconds: taken }) {
      plans.inc({ when: 'warm-up' }, planned);
      warmUpTime.set(taken);
      warmUpRefused.set(refused);
    },

    subscribed(transport) {
      live.inc({ transport });
      return once(() => live.dec({ transport }));
    },
  };
}

function nameIn({ definitions }: DocumentNode): string | undefined {
  return definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)?.name?.value;
}

function codeOf(error: GraphQLError | undefined): string {
  const code = error?.extensions.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

function since(begun: number): number {
  return (performance.now() - begun) / 1_000;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

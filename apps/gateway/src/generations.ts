import type { Policies, Prove } from '@paygraph/auth';
import type { Tracing } from '@paygraph/tracing';
import { type Graph, loadGraph } from './graph/graph.ts';
import type { GatewayMetrics } from './metrics/metrics.ts';
import { logged } from './pipeline/logged.ts';
import { createPipeline, type Pipeline } from './pipeline/pipeline.ts';
import type { Protection } from './protection/protection.ts';
import { createSubgraph, type Subgraph } from './subgraphs/subgraph.ts';
import type { ReopenPolicy } from './subscriptions/feed.ts';

/** All that one supergraph decides. What was prepared in a generation runs to its end in it. */
export interface Generation {
  readonly supergraphSdl: string;
  readonly graph: Graph;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** The GraphQL addresses of subgraphs by name. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly pipeline: Pipeline;
}

export interface GenerationsOptions {
  readonly supergraphSdl: string;
  /** GraphQL addresses of subgraphs by name, in place of the supergraph's routing URLs. */
  readonly subgraphUrls?: Readonly<Record<string, string>>;
  readonly subgraphTimeoutMs?: number;
  readonly production: boolean;
  readonly protection: Protection;
  /** How the gateway proves to a subgraph that it asks; it does not if left out. */
  readonly proverFor?: (subgraph: string) => Prove | undefined;
  readonly reopen?: ReopenPolicy;
  readonly policies?: Policies;
  readonly tracing?: Tracing | undefined;
  /** Measures operations and fetches. */
  readonly measure?: Pick<GatewayMetrics, 'pipeline' | 'subgraph'> | undefined;
  /** Whether each operation leaves a line in the log. */
  readonly logOperations?: boolean;
}

export interface Generations {
  current(): Generation;
  /**
   * Has all that begins from now on use another supergraph. @throws Error when that cannot be loaded, naming what is wrong
   * with it; then nothing changes.
   */
  replace(supergraphSdl: string): void;
  /** Calls back with each generation that follows. */
  onReplace(listener: (generation: Generation) => void): void;
  close(): Promise<void>;
}

const TIMEOUT = 10_000;

/** @throws Error when the supergraph cannot be loaded, naming what is wrong with it */
export function createGenerations(options: GenerationsOptions): Generations {
  const { subgraphUrls = {}, subgraphTimeoutMs: timeoutMs = TIMEOUT, production, reopen } = options;
  const { protection, policies, tracing, measure, logOperations = false } = options;
  /** By name and address. Kept until the end: idle connections close by themselves, and a supergraph may come back. */
  const connected = new Map<string, Subgraph>();
  const listeners: ((generation: Generation) => void)[] = [];

  const measured = (subgraph: Subgraph) => measure?.subgraph(subgraph) ?? subgraph;
  const connect = (name: string, url: string): Subgraph => {
    const key = `${name} ${url}`;
    const subgraph =
      connected.get(key) ?? measured(createSubgraph({ name, url, timeoutMs, prove: options.proverFor?.(name) }));
    connected.set(key, subgraph);
    return subgraph;
  };
  const load = (supergraphSdl: string): Generation => {
    const graph = loadGraph(supergraphSdl);
    const addresses = new Map(graph.subgraphs.map(({ name, url }) => [name, subgraphUrls[name] ?? url]));
    const subgraphs = new Map([...addresses].map(([name, url]) => [name, connect(name, url)] as const));
    const pipeline = createPipeline({
      ...{ graph, subgraphs, production, protection, tracing },
      ...(reopen && { reopen }),
      ...(policies && { policies }),
    });
    const observed = measure?.pipeline(pipeline) ?? pipeline;
    return { supergraphSdl, graph, subgraphs, addresses, pipeline: logOperations ? logged(observed) : observed };
  };

  let current = load(options.supergraphSdl);
  return {
    current: () => current,
    replace(supergraphSdl) {
      if (supergraphSdl === current.supergraphSdl) return;
      current = load(supergraphSdl);
      for (const listener of listeners) listener(current);
    },
    onReplace: (listener) => void listeners.push(listener),
    async close() {
      await Promise.all([...connected.values()].map((subgraph) => subgraph.close()));
    },
  };
}

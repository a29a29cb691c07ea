import type { Policies, Prove } from '@paygraph/auth';
import type { Logger, Tls } from '@paygraph/service';
import type { Tracing } from '@paygraph/tracing';
import { digestOf } from './caching/caching.ts';
import type { ResponseCache } from './caching/response-cache.ts';
import { type Graph, loadGraph } from './graph/graph.ts';
import type { GatewayMetrics } from './metrics/metrics.ts';
import { logged } from './pipeline/logged.ts';
import { createPipeline, type Pipeline } from './pipeline/pipeline.ts';
import { type Registered, warmUp } from './pipeline/warm-up.ts';
import type { Protection } from './protection/protection.ts';
import type { CallSettings } from './subgraphs/settings.ts';
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
  /** How each subgraph is called; the documented defaults for what is left out. */
  readonly subgraphCalls?: (subgraph: string) => Partial<CallSettings>;
  readonly production: boolean;
  readonly protection: Protection;
  /** How the gateway proves to a subgraph that it asks; it does not if left out. */
  readonly proverFor?: (subgraph: string) => Prove | undefined;
  readonly tls?: Tls | undefined;
  readonly reopen?: ReopenPolicy;
  readonly policies?: Policies;
  readonly tracing?: Tracing | undefined;
  /** Where answers are kept that are for everybody; nowhere if left out. */
  readonly responseCache?: ResponseCache | undefined;
  /** What clients are known to send, which is planned before anybody asks. */
  readonly registered?: readonly Registered[] | undefined;
  /** Time in ms that plans may take before the first supergraph is used, and before one that follows is. */
  readonly warmUp?: { readonly startMs: number; readonly reloadMs: number };
  /** Measures operations, fetches and plans. */
  readonly measure?: Pick<GatewayMetrics, 'operations' | 'subgraph' | 'calls' | 'warmedUp'> | undefined;
  /** Whether each operation leaves a line in the log. */
  readonly logOperations?: boolean;
  readonly logger: Logger;
}

export interface Generations {
  current(): Generation;
  /** Plans what clients are known to send, as far as there is time before they wait for the start. */
  warmUp(): Promise<void>;
  /**
   * Has all that begins from when it resolves on use another supergraph, on which first is planned what has been asked for of
   * late. One after the other. @throws Error (rejects) when it cannot be loaded, naming what is wrong with it; then nothing
   * changes.
   */
  replace(supergraphSdl: string): Promise<void>;
  close(): Promise<void>;
}

const defaultWarmUp = { startMs: 2_000, reloadMs: 10_000 };

/** @throws Error when the supergraph cannot be loaded, naming what is wrong with it */
export function createGenerations(options: GenerationsOptions): Generations {
  const { subgraphUrls = {}, subgraphCalls, proverFor, production, reopen } = options;
  const { protection, policies = {}, tracing, tls, measure, logOperations = false, registered = [], logger } = options;
  /**
   * By name and address. Kept until the end: idle connections close by themselves, and a supergraph may come back. What is
   * known of a subgraph, its circuit and its budget among it, outlasts a new supergraph with it.
   */
  const connected = new Map<string, Subgraph>();
  const { startMs, reloadMs } = options.warmUp ?? defaultWarmUp;
  const closing = new AbortController();
  const texts = new Set(registered.map(({ body }) => body));
  let last: Promise<unknown> = Promise.resolve();

  const create = (name: string, url: string): Subgraph => {
    const given = { calls: subgraphCalls?.(name), prove: proverFor?.(name), observe: measure?.calls(name) };
    const subgraph = createSubgraph({ name, url, tls, logger, ...given });
    return measure?.subgraph(subgraph) ?? subgraph;
  };
  const connect = (name: string, url: string): Subgraph => {
    const key = `${name} ${url}`;
    const subgraph = connected.get(key) ?? create(name, url);
    connected.set(key, subgraph);
    return subgraph;
  };
  const load = (supergraphSdl: string): Generation => {
    const graph = loadGraph(supergraphSdl);
    const addresses = new Map(graph.subgraphs.map(({ name, url }) => [name, subgraphUrls[name] ?? url]));
    const subgraphs = new Map([...addresses].map(([name, url]) => [name, connect(name, url)] as const));
    const generation = digestOf([supergraphSdl, [...addresses]]);
    const pipeline = createPipeline({
      ...{ graph, subgraphs, production, protection, policies, tracing, generation, registered: texts },
      responseCache: options.responseCache,
      observe: measure?.operations,
      ...(reopen && { reopen }),
    });
    return { supergraphSdl, graph, subgraphs, addresses, pipeline: logOperations ? logged(pipeline) : pipeline };
  };

  const warm = async ({ pipeline: { known } }: Generation, before?: Generation): Promise<void> => {
    const budgetMs = before ? reloadMs : startMs;
    const { signal } = closing;
    const given = { registered, policies, budgetMs, signal, logger };
    const warmed = await warmUp({ known, before: before?.pipeline.known, ...given });
    measure?.warmedUp(warmed);
    if (warmed.planned > 0) logger.info(warmed, 'operations are planned');
  };

  let current = load(options.supergraphSdl);
  const replace = async (supergraphSdl: string): Promise<void> => {
    if (supergraphSdl === current.supergraphSdl) return;
    const next = load(supergraphSdl);
    await warm(next, current);
    current = next;
  };
  return {
    current: () => current,
    warmUp: () => warm(current),
    replace(supergraphSdl) {
      const replaced = last.then(() => replace(supergraphSdl));
      last = replaced.catch(() => undefined);
      return replaced;
    },
    async close() {
      closing.abort();
      await last;
      await Promise.all([...connected.values()].map((subgraph) => subgraph.close()));
    },
  };
}

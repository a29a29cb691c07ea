import { createHash } from 'node:crypto';
import type { DocumentNode } from 'graphql';
import { operationIn } from '../execution/conditions.ts';
import type { Graph, Variables } from '../graph/graph.ts';
import { createPublicFor } from './policy.ts';

/** How the answer to an operation may be kept for everybody. */
export interface Caching {
  /** Seconds. */
  readonly maxAge: number;
  /** Stands for the operation, on its supergraph and subgraphs. */
  readonly digest: string;
  /** Its variables. */
  readonly names: readonly string[];
}

/**
 * Finds out, once per operation, whether its answer may be kept: a query that asks nothing of who asks, and of which every part
 * is for everybody by the schema. `generation` stands for the supergraph and where its subgraphs are. The document is one that somebody may see all of, its conditions decided.
 */
export function createCaching(
  graph: Graph,
  generation: string,
): (document: DocumentNode, source: string) => Caching | undefined {
  const publicFor = createPublicFor(graph.schema, graph.cacheHints);
  return (document, source) => {
    const { operation, name, variableDefinitions = [] } = operationIn(document);
    if (operation !== 'query' || graph.authorization.requirementsIn(document).length > 0) return undefined;
    const maxAge = publicFor(document);
    if (maxAge === 0) return undefined;
    const names = variableDefinitions.map(({ variable }) => variable.name.value);
    return { maxAge, digest: digestOf([generation, source, name?.value ?? null]), names };
  };
}

/** The same for those who ask the same: with the same values of the variables that there are, as they are sent on. */
export function keyOf({ digest, names }: Caching, variables: Variables): string {
  return digestOf([digest, Object.fromEntries(names.map((name) => [name, variables[name]]))]);
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}

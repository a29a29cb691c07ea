import { createRequire } from 'node:module';
import { compose } from '@apollo/composition';
import { buildSubgraph, errorCauses, type Subgraph, Subgraphs } from '@apollo/federation-internals';
import { readSupergraphConfig, type SubgraphSource, SupergraphConfigError } from './config.ts';
import { nodesSubgraph } from './nodes.ts';
import { lintRequires } from './requires.ts';

const compositionVersion: unknown = createRequire(import.meta.url)('@apollo/composition/package.json').version;

/** A composed supergraph: its SDL, and what composition noticed without refusing it. */
export type ComposedSupergraph = { readonly supergraphSdl: string; readonly hints: readonly string[] };

/** The subgraphs do not compose, or one breaks a lint. `problems` has one line each, naming subgraph, type and field. */
export class CompositionError extends Error {
  override readonly name = 'CompositionError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The subgraphs do not compose:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Composes the subgraphs that a `supergraph.yaml` names, without network, as `rover supergraph compose` would.
 *
 * @throws {SupergraphConfigError} when the configuration or a schema file cannot be read
 * @throws {CompositionError} when the subgraphs do not compose or break a lint
 */
export const composeSupergraph = async (configFile: string): Promise<ComposedSupergraph> => {
  const { federationVersion, subgraphs } = await readSupergraphConfig(configFile);
  if (federationVersion !== compositionVersion) {
    throw new SupergraphConfigError(
      `${configFile}: federation_version: asks for ${federationVersion}, but @apollo/composition is ${compositionVersion}`,
    );
  }
  return composeSubgraphs(subgraphs);
};

/**
 * Composes subgraphs given as SDL, with one more for `node(id:)` and `nodes(ids:)` when types of theirs implement `Node`.
 *
 * @throws {CompositionError} when they do not compose or break a lint
 */
export const composeSubgraphs = (sources: readonly SubgraphSource[]): ComposedSupergraph => {
  const built = sources.map(build);
  const problems = built.flatMap(({ problems }) => problems);
  if (problems.length > 0) throw new CompositionError(problems);

  const given = built.flatMap(({ subgraph }) => subgraph ?? []);
  const nodes = nodesSubgraph(given);
  const subgraphs = new Subgraphs();
  for (const subgraph of given) subgraphs.add(subgraph);
  if (nodes) subgraphs.add(buildSubgraph(nodes.name, nodes.routingUrl, nodes.sdl).validate());

  const result = compose(subgraphs);
  if (result.errors) throw new CompositionError(result.errors.map(({ message }) => message));
  return { supergraphSdl: `${result.supergraphSdl}\n`, hints: result.hints.map(String) };
};

const build = (source: SubgraphSource): { subgraph?: Subgraph; problems: string[] } => {
  try {
    const subgraph = buildSubgraph(source.name, source.routingUrl, source.sdl).validate();
    return { subgraph, problems: lintRequires(subgraph).map(({ message }) => message) };
  } catch (error) {
    const causes = error instanceof Error ? errorCauses(error) : undefined;
    if (!causes) throw error;
    return { problems: causes.map(({ message }) => message) };
  }
};

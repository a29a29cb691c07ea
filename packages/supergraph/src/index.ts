export { type ComposedSupergraph, CompositionError, composeSubgraphs, composeSupergraph } from './compose.ts';
export { type SubgraphSource, SupergraphConfigError } from './config.ts';
export { loadableSupergraph } from './loadable.ts';
export { NODES } from './nodes.ts';
export { type RulesOf, rulesFrom } from './rules.ts';

export { startForex } from './start.ts';
export { createForexSubgraph, type ForexDependencies } from './subgraph.ts';

export { publicFields } from './public-fields.ts';
export { startForex } from './start.ts';
export { createForexSubgraph, type ForexDependencies } from './subgraph.ts';

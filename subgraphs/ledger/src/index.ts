export { startLedger } from './start.ts';
export { createLedgerSubgraph, type LedgerDependencies } from './subgraph.ts';

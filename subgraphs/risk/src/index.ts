export { startRisk } from './start.ts';
export { createRiskSubgraph, type RiskDependencies } from './subgraph.ts';

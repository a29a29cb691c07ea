export { startWallet } from './start.ts';
export { createWalletSubgraph, type WalletDependencies } from './subgraph.ts';

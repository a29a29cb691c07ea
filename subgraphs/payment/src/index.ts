export { startPayment } from './start.ts';
export { createPaymentSubgraph, type PaymentDependencies } from './subgraph.ts';

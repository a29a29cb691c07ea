export {
  attachGraphqlWs,
  attachOperationsWs,
  type Connection,
  type GraphqlWs,
  type GraphqlWsOptions,
  type OperationsWsOptions,
} from './attach.ts';
export type { Operation, OperationResult } from './operation.ts';
export type { WebSocketLogger } from './transport.ts';

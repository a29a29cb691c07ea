export type { RequestScope } from './context.ts';
export { createSubgraph, type Subgraph, type SubgraphOptions } from './create-subgraph.ts';
export {
  badUserInput,
  forbidden,
  notFound,
  overloaded,
  resumeAfter,
  unauthenticated,
} from './errors.ts';
export { SchemaLintError } from './guard/lint.ts';
export { createGroupLoader, createLoader } from './loader.ts';
export { ownerIs, requireCustomer } from './ownership.ts';
export {
  type Connection,
  type CursorColumn,
  encodeCursor,
  type Page,
  type PageArguments,
  pageFrom,
  toConnection,
} from './pagination.ts';
export { createPeer, dependenciesOn, type Peer, PeerError, type PeerOptions } from './peer.ts';
export { displayText } from './text.ts';

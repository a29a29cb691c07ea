import type { RequestScope } from '@paygraph/subgraph';
import type { CustomerLoader } from './customer/loader.ts';

/** What resolvers know of one request. */
export interface Context extends RequestScope {
  readonly customers: CustomerLoader;
}

import type { RequestScope } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { KycTier } from './limits/limit-table.ts';
import type { UsageLoader } from './limits/usage.ts';
import type { WalletLoader } from './wallet/loader.ts';

/** What resolvers know of one request. */
export interface Context extends RequestScope {
  readonly wallets: WalletLoader;
  readonly usage: UsageLoader;
  /** By the id of a person. */
  readonly tiers: DataLoader<string, KycTier>;
}

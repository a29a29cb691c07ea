import type { RequestScope } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { QuoteStore } from './quotes/store.ts';
import type { SpotRate } from './rates/pair-rate.ts';
import type { SpreadTable } from './rates/spread.ts';
import type { RateStore } from './rates/store.ts';

export interface Context extends RequestScope {
  readonly rates: RateStore;
  readonly quotes: QuoteStore;
  readonly spreads: SpreadTable;
  /** The latest rates, by currency: one query however many pairs a request asks for, and one state of the market. */
  readonly spots: DataLoader<string, SpotRate | null>;
}

import { createLoader } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { Customer } from './customer.ts';
import type { CustomerStore } from './store.ts';

export type CustomerLoader = DataLoader<string, Customer | null>;

/** Loads the people that one request asks for with one query; null for an unknown id. */
export const createCustomerLoader = (store: CustomerStore): CustomerLoader => createLoader(store.byIds);

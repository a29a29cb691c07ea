import { createLoader } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { WalletStore } from './store.ts';
import type { Wallet } from './wallet.ts';

export type WalletLoader = DataLoader<string, Wallet | null>;

/** Loads the wallets that one request asks for with one query; null for an unknown id. */
export const createWalletLoader = (store: WalletStore): WalletLoader => createLoader(store.byIds);

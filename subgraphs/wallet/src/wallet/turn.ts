import { setTimeout as delay } from 'node:timers/promises';
import { walletBusy } from './errors.ts';
import type { Lease, WalletStore } from './store.ts';

const attempts = 100;
const pauseMs = 25;

/** @throws GraphQLError SERVICE_UNAVAILABLE when others had the wallet all the time */
async function takeTurn(store: WalletStore, walletId: string): Promise<Lease> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const lease = await store.lease(walletId);
    if (lease) return lease;
    await delay(pauseMs * (0.5 + Math.random()));
  }
  throw walletBusy();
}

/**
 * Does something to a wallet's status that nobody else does to it meanwhile, so that the ledger and the wallet end up with
 * the same one. @throws GraphQLError SERVICE_UNAVAILABLE when others had the wallet all the time
 */
export async function inTurn<Result>(
  store: WalletStore,
  walletId: string,
  act: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const lease = await takeTurn(store, walletId);
  try {
    return await act(lease);
  } finally {
    await store.release(lease);
  }
}

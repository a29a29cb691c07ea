import type { WalletLedger } from '../wallet/ledger.ts';
import type { BoundWallet, WalletStore } from '../wallet/store.ts';
import { type LimitTable, noLimits } from './limit-table.ts';
import type { Tiers } from './tiers.ts';

export interface CeilingDependencies {
  readonly store: Pick<WalletStore, 'longestUnchecked' | 'noteCeilings'>;
  readonly ledger: Pick<WalletLedger, 'setCeilings'>;
  readonly tiers: Tiers;
  readonly table: LimitTable;
}

/** Wallets that are looked at together. */
const batch = 1_000;

/**
 * Holds the ceilings of those wallets against their owners' tiers that this was done with the longest ago, and tells the
 * ledger of those that have changed, with the tier or with the table of limits. A repetition is harmless, so any number of
 * processes may do it. Answers how many the ledger was told of.
 *
 * @throws PeerError when profile or the ledger does not answer: nothing is noted then, and it is done again
 */
export async function followTiers({ store, ledger, tiers, table }: CeilingDependencies): Promise<number> {
  const wallets = await store.longestUnchecked(batch);
  if (wallets.length === 0) return 0;
  const tierOf = await tiers.of(wallets.map(({ ownerId }) => ownerId));
  const dueOf = ({ ownerId, currency }: BoundWallet) =>
    (table.of(currency, tierOf.get(ownerId) ?? 'BASIC') ?? noLimits).balance;
  const changed = wallets.filter((wallet) => wallet.ceiling !== dueOf(wallet));
  const told = new Set(
    changed.length === 0
      ? []
      : await ledger.setCeilings(
          changed.map((wallet) => ({
            walletId: wallet.id,
            most: { amount: dueOf(wallet), currency: wallet.currency },
          })),
        ),
  );
  // What the ledger refuses, as for an account that was just closed, is looked at again in its turn.
  await store.noteCeilings(
    wallets.map((wallet) => ({ id: wallet.id, ceiling: told.has(wallet.id) ? dueOf(wallet) : wallet.ceiling })),
  );
  return told.size;
}

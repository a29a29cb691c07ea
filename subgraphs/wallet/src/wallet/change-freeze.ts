import type { Principal } from '@paygraph/auth';
import type { Clock } from '@paygraph/service';
import type { FreezeWalletErrorCode } from '../generated/graphql.ts';
import { accountStatusUnder, refusalOfChange } from './freeze.ts';
import type { WalletLedger } from './ledger.ts';
import type { Lease, WalletStore } from './store.ts';
import { inTurn } from './turn.ts';
import { freezesAs } from './visibility.ts';
import type { FreezeDirection, FreezeOrigin, Wallet } from './wallet.ts';

export interface ChangeFreezeDependencies {
  readonly store: WalletStore;
  readonly ledger: WalletLedger;
  readonly clock: Clock;
}

export interface FreezeChange {
  readonly walletId: string;
  /** The freeze to set in place of any other; null lifts what there is. */
  readonly freeze: { readonly direction: FreezeDirection; readonly reason: string | null } | null;
  readonly principal: Principal;
  readonly requestId: string;
}

export type FreezeOutcome =
  | { readonly kind: 'changed'; readonly wallet: Wallet }
  | { readonly kind: 'refused'; readonly code: FreezeWalletErrorCode };

/**
 * Sets or lifts a freeze, in the ledger first: what the wallet says is then true. Changes of one wallet take turns, so
 * that the ledger and the wallet end up with the same one. When the ledger's answer is lost the wallet keeps its status,
 * and asking again mends it.
 *
 * @throws PeerError when the ledger does not answer, LeaseLostError when the change took too long
 */
export async function changeFreeze(
  dependencies: ChangeFreezeDependencies,
  change: FreezeChange,
): Promise<FreezeOutcome> {
  const { store } = dependencies;
  const [wallet] = await store.byIds([change.walletId]);
  const origin = wallet && freezesAs(change.principal, wallet);
  if (!origin) return refused('WALLET_NOT_FOUND');
  return inTurn(store, wallet.id, (lease) => changeInTurn(dependencies, { ...change, origin }, lease));
}

async function changeInTurn(
  { store, ledger, clock }: ChangeFreezeDependencies,
  { walletId, freeze, origin, requestId }: FreezeChange & { readonly origin: FreezeOrigin },
  lease: Lease,
): Promise<FreezeOutcome> {
  const [wallet] = await store.byIds([walletId]);
  if (!wallet) return refused('WALLET_NOT_FOUND');
  const refusal = refusalOfChange(wallet, origin);
  if (refusal) return refused(refusal);
  const status = freeze ? accountStatusUnder[freeze.direction] : 'OPEN';
  if ((await ledger.setAccountStatus({ walletId, status }, requestId)) === 'closed') {
    // Whoever closed it did not get to say so here.
    await store.close(lease);
    return refused('WALLET_CLOSED');
  }
  return { kind: 'changed', wallet: await store.setFreeze(lease, freeze && { ...freeze, origin, at: clock() }) };
}

function refused(code: FreezeWalletErrorCode): FreezeOutcome {
  return { kind: 'refused', code };
}

import type { Principal } from '@paygraph/auth';
import { ownerIs } from '@paygraph/subgraph';
import type { CloseWalletErrorCode } from '../generated/graphql.ts';
import type { WalletLedger } from './ledger.ts';
import type { Lease, WalletStore } from './store.ts';
import { inTurn } from './turn.ts';
import type { Wallet } from './wallet.ts';

export interface CloseDependencies {
  readonly store: WalletStore;
  readonly ledger: WalletLedger;
}

export interface Closing {
  readonly walletId: string;
  readonly principal: Principal;
  readonly requestId: string;
}

export type CloseOutcome =
  | { readonly kind: 'closed'; readonly wallet: Wallet }
  | { readonly kind: 'refused'; readonly code: CloseWalletErrorCode };

/**
 * Closes the principal's own wallet, in the ledger first, which alone can say that nothing is in it and nothing under way:
 * of a closing and a payment that arrives at the same moment one comes first there, and the other is refused. After a
 * crash in between, or when the ledger's answer is lost, asking again makes it good.
 *
 * @throws PeerError when the ledger does not answer, LeaseLostError when it took too long
 */
export async function closeWallet(dependencies: CloseDependencies, closing: Closing): Promise<CloseOutcome> {
  const { store } = dependencies;
  const [wallet] = await store.byIds([closing.walletId]);
  if (!wallet || !ownerIs(closing.principal, wallet.ownerId)) return refused('WALLET_NOT_FOUND');
  return inTurn(store, wallet.id, (lease) => closeInTurn(dependencies, closing, lease));
}

async function closeInTurn(
  { store, ledger }: CloseDependencies,
  { walletId, requestId }: Closing,
  lease: Lease,
): Promise<CloseOutcome> {
  const [wallet] = await store.byIds([walletId]);
  if (!wallet) return refused('WALLET_NOT_FOUND');
  if (wallet.status === 'CLOSED') return { kind: 'closed', wallet };
  if (wallet.freeze?.origin === 'OPERATOR') return refused('FROZEN_BY_OPERATOR');
  if ((await ledger.closeAccount(walletId, requestId)) === 'not empty') return refused('WALLET_NOT_EMPTY');
  return { kind: 'closed', wallet: await store.close(lease) };
}

function refused(code: CloseWalletErrorCode): CloseOutcome {
  return { kind: 'refused', code };
}

import { newId } from '@paygraph/ids';
import { type Currency, isCurrency } from '@paygraph/money';
import { displayText, PeerError } from '@paygraph/subgraph';
import type { OpenWalletErrorCode, OpenWalletInput } from '../generated/graphql.ts';
import type { KycTier, LimitTable } from '../limits/limit-table.ts';
import type { Tiers } from '../limits/tiers.ts';
import type { WalletLedger } from './ledger.ts';
import type { WalletStore } from './store.ts';
import type { Wallet } from './wallet.ts';

const maxLabelLength = 60;

export interface OpenWalletDependencies {
  readonly store: WalletStore;
  readonly ledger: WalletLedger;
  readonly limits: LimitTable;
  readonly tiers: Tiers;
}

export type Opening =
  | { readonly kind: 'opened'; readonly wallet: Wallet }
  | { readonly kind: 'refused'; readonly codes: readonly OpenWalletErrorCode[] };

/**
 * Opens a wallet: its account in the ledger first, with its ceiling, so that there is never a wallet that cannot hold money. A crash in
 * between leaves an account without a wallet, which nobody can pay into.
 *
 * @throws PeerError when the ledger does not answer; no wallet was opened then.
 */
export async function openWallet(
  { store, ledger, limits, tiers }: OpenWalletDependencies,
  request: { readonly ownerId: string; readonly input: OpenWalletInput; readonly requestId: string },
): Promise<Opening> {
  const { ownerId, requestId } = request;
  const checked = checkInput(request.input, limits);
  if (checked.kind === 'refused') return checked;
  const { currency, label } = checked;
  if (!(await store.hasRoom(ownerId, currency))) return refused('TOO_MANY_WALLETS');
  const id = newId('wal');
  const ceiling = limits.of(currency, await tierOf(tiers, ownerId))?.balance ?? 0n;
  await ledger.openAccount({ walletId: id, ownerId, currency }, requestId);
  await ledger.setCeilings([{ walletId: id, most: { amount: ceiling, currency } }], requestId);
  const wallet = await store.add({ id, ownerId, currency, label, ceiling });
  return wallet ? { kind: 'opened', wallet } : refused('TOO_MANY_WALLETS');
}

/** While profile is away, the least: a higher ceiling follows. */
async function tierOf(tiers: Tiers, ownerId: string): Promise<KycTier> {
  try {
    return (await tiers.of([ownerId])).get(ownerId) ?? 'BASIC';
  } catch (error) {
    if (error instanceof PeerError) return 'BASIC';
    throw error;
  }
}

type CheckedInput =
  | { readonly kind: 'input'; readonly currency: Currency; readonly label: string }
  | { readonly kind: 'refused'; readonly codes: readonly OpenWalletErrorCode[] };

function checkInput(input: OpenWalletInput, limits: LimitTable): CheckedInput {
  const { currency } = input;
  const label = displayText(input.label ?? currency, maxLabelLength);
  const offered = isCurrency(currency) && limits.of(currency, 'BASIC') !== undefined;
  if (offered && label) return { kind: 'input', currency, label };
  return refused(...(offered ? [] : ['CURRENCY_NOT_SUPPORTED' as const]), ...(label ? [] : ['LABEL_INVALID' as const]));
}

function refused(...codes: OpenWalletErrorCode[]): { readonly kind: 'refused'; readonly codes: OpenWalletErrorCode[] } {
  return { kind: 'refused', codes };
}

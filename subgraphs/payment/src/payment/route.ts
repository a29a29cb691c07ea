import type { Money } from '@paygraph/money';
import { amountFrom } from './amount.ts';
import type { WalletFacts } from './directory.ts';
import { type PayeeDependencies, type PayeeInput, type PayeeRefusal, payeeReferenceIn, payeeWallet } from './payee.ts';
import { type Refused, refused } from './refusal.ts';

/** From where to where, and how much: what quotes and transfers have in common. */
export interface Route {
  readonly kind: 'route';
  readonly payer: WalletFacts;
  readonly payee: WalletFacts;
  /** In the payer's currency, what is debited before fees; in the payee's, what arrives. */
  readonly amount: Money;
}

export type RouteRefusal =
  | 'AMOUNT_INVALID'
  | 'AMOUNT_TOO_SMALL'
  | 'CURRENCY_MISMATCH'
  | 'PAYER_WALLET_NOT_FOUND'
  | 'SAME_WALLET'
  | 'PAYER_WALLET_UNAVAILABLE'
  | PayeeRefusal;

interface RouteInput extends PayeeInput {
  readonly payerWalletId?: string | null | undefined;
  readonly amount: { readonly amount: string; readonly currency: string };
}

/** Checks what can be known at once of a transfer by this customer. @throws PeerError */
export async function routeOf(
  dependencies: PayeeDependencies,
  customerId: string,
  input: RouteInput,
): Promise<Route | Refused<RouteRefusal>> {
  const amount = amountFrom(input.amount);
  if ('kind' in amount) return amount;
  const reference = payeeReferenceIn(input);
  if (reference.kind === 'refused') return reference;
  if (input.payerWalletId === input.payeeWalletId) return refused('SAME_WALLET');
  const { payerWalletId } = input;
  if (typeof payerWalletId !== 'string') return refused('PAYER_WALLET_NOT_FOUND');
  const payeeOf = () => payeeWallet(dependencies, customerId, reference, amount.currency);
  // Two wallets are asked about in one call.
  const [payer, payeeByWallet] = await Promise.all([
    dependencies.directory.wallet(payerWalletId),
    reference.kind === 'wallet' ? payeeOf() : undefined,
  ]);
  // The payer first: nobody learns anything of a payee with a wallet that is not theirs.
  if (payer?.ownerId !== customerId) return refused('PAYER_WALLET_NOT_FOUND');
  const payee = payeeByWallet ?? (await payeeOf());
  if ('kind' in payee) return payee;
  if (payee.id === payer.id) return refused('SAME_WALLET');
  if (!payer.takesOut) return refused('PAYER_WALLET_UNAVAILABLE');
  if (amount.currency !== payer.currency && amount.currency !== payee.currency) return refused('CURRENCY_MISMATCH');
  return { kind: 'route', payer, payee, amount };
}

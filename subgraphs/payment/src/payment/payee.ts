import type { Directory, PersonName, WalletFacts } from './directory.ts';
import type { LookupBudget } from './lookup-budget.ts';
import { type Refused, refused } from './refusal.ts';

/** The fields of an input that say who is paid. */
export interface PayeeInput {
  readonly payeeWalletId?: string | null | undefined;
  readonly payeeHandle?: string | null | undefined;
  readonly payeeEmail?: string | null | undefined;
  readonly payeePhone?: string | null | undefined;
  readonly payeeCurrency?: string | null | undefined;
}

/** Who is paid, as the client said. */
export type PayeeReference =
  | { readonly kind: 'wallet'; readonly walletId: string }
  | { readonly kind: 'person'; readonly name: PersonName; readonly currency: string | null; readonly field: string };

export type PayeeRefusal =
  | 'PAYEE_INVALID'
  | 'PAYEE_WALLET_NOT_FOUND'
  | 'PAYEE_WALLET_UNAVAILABLE'
  | 'PAYEE_NOT_FOUND'
  | 'PAYEE_LOOKUPS_EXHAUSTED';

export interface PayeeDependencies {
  readonly directory: Directory;
  readonly lookups: LookupBudget;
}

/** Reads which of the fields is given: exactly one, and a currency only for a person. */
export function payeeReferenceIn(input: PayeeInput): PayeeReference | Refused<'PAYEE_INVALID'> {
  const { payeeWalletId, payeeHandle, payeeEmail, payeePhone, payeeCurrency = null } = input;
  const people = [
    ...(isGiven(payeeHandle) ? [{ name: { handle: payeeHandle }, field: 'payeeHandle' }] : []),
    ...(isGiven(payeeEmail) ? [{ name: { email: payeeEmail }, field: 'payeeEmail' }] : []),
    ...(isGiven(payeePhone) ? [{ name: { phone: payeePhone }, field: 'payeePhone' }] : []),
  ];
  const [person] = people;
  if (people.length + (isGiven(payeeWalletId) ? 1 : 0) !== 1) return refused('PAYEE_INVALID');
  if (person) return { kind: 'person', currency: payeeCurrency, ...person };
  if (payeeCurrency !== null)
    return refused(
      'PAYEE_INVALID',
      'A wallet has its own currency: payeeCurrency goes with a person.',
      'payeeCurrency',
    );
  return { kind: 'wallet', walletId: payeeWalletId ?? '' };
}

/**
 * The wallet that is paid. Of a person who cannot be paid in that currency nothing is told, not even whether there is such
 * a person; and a customer has only so many tries that lead to nobody. @throws PeerError
 */
export async function payeeWallet(
  { directory, lookups }: PayeeDependencies,
  customerId: string,
  reference: PayeeReference,
  amountCurrency: string,
): Promise<WalletFacts | Refused<PayeeRefusal>> {
  if (reference.kind === 'wallet') {
    const wallet = await directory.wallet(reference.walletId);
    if (!wallet) return refused('PAYEE_WALLET_NOT_FOUND');
    return wallet.takesIn ? wallet : refused('PAYEE_WALLET_UNAVAILABLE');
  }
  const { name, field } = reference;
  if (!(await lookups.take(customerId))) return refused('PAYEE_LOOKUPS_EXHAUSTED', undefined, field);
  const wallet = await directory.walletOf(name, reference.currency ?? amountCurrency);
  if (!wallet?.takesIn) return refused('PAYEE_NOT_FOUND', undefined, field);
  await lookups.giveBack(customerId);
  return wallet;
}

function isGiven(text: string | null | undefined): text is string {
  return text !== null && text !== undefined;
}

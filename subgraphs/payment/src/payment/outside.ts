import { type Currency, isCurrency, type Money } from '@paygraph/money';
import type { Counterparty, RailInstruction } from '@paygraph/rails';
import { readBic, readIban, readMobileNumber } from '@paygraph/rails/adapters';
import type { OutsidePartyInput } from '../generated/graphql.ts';
import { amountFrom } from './amount.ts';
import type { Directory, WalletFacts } from './directory.ts';
import { type Refused, refused } from './refusal.ts';

/** From a wallet to somebody outside. */
export interface PayoutRoute {
  readonly kind: 'PAYOUT';
  readonly wallet: WalletFacts;
  readonly counterparty: Counterparty;
  /** In the wallet's currency, what is debited before fees; in that of the destination, what arrives. */
  readonly amount: Money;
  /** What arrives outside. */
  readonly currency: Currency;
}

/** From somebody outside into a wallet, in its currency. */
export interface CollectionRoute {
  readonly kind: 'COLLECTION';
  readonly wallet: WalletFacts;
  readonly counterparty: Counterparty;
  readonly amount: Money;
}

export type OutsideRoute = PayoutRoute | CollectionRoute;

export type OutsideRefusal =
  | 'AMOUNT_INVALID'
  | 'AMOUNT_TOO_SMALL'
  | 'CURRENCY_MISMATCH'
  | 'PARTIES_INVALID'
  | 'COUNTERPARTY_INVALID'
  | 'PAYER_WALLET_NOT_FOUND'
  | 'PAYEE_WALLET_NOT_FOUND'
  | 'PAYER_WALLET_UNAVAILABLE'
  | 'PAYEE_WALLET_UNAVAILABLE';

/** The fields of an input that say who pays whom how much. */
export interface PartiesInput {
  readonly payerWalletId?: string | null | undefined;
  readonly payer?: OutsidePartyInput | null | undefined;
  readonly payeeWalletId?: string | null | undefined;
  readonly payee?: OutsidePartyInput | null | undefined;
  readonly payeeCurrency?: string | null | undefined;
  readonly amount: { readonly amount: string; readonly currency: string };
}

/** Whether somebody outside has a part in it. */
export function goesOutside({ payer, payee }: PartiesInput): boolean {
  return isGiven(payer) || isGiven(payee);
}

/** Checks what can be known at once of a payout or collection by this customer. @throws PeerError */
export async function outsideRouteOf(
  directory: Directory,
  customerId: string,
  input: PartiesInput,
): Promise<OutsideRoute | Refused<OutsideRefusal>> {
  const amount = amountFrom(input.amount);
  if ('kind' in amount) return amount;
  const { payerWalletId, payer, payeeWalletId, payee } = input;
  const isPayout = isGiven(payee) && isGiven(payerWalletId) && !isGiven(payer) && !isGiven(payeeWalletId);
  const isCollection = isGiven(payer) && isGiven(payeeWalletId) && !isGiven(payee) && !isGiven(payerWalletId);
  if (isPayout) return payoutRoute(directory, customerId, { ...input, payee, payerWalletId }, amount);
  if (isCollection) return collectionRoute(directory, customerId, { payer, payeeWalletId }, amount);
  return refused('PARTIES_INVALID');
}

async function payoutRoute(
  directory: Directory,
  customerId: string,
  input: { payerWalletId: string; payee: OutsidePartyInput; payeeCurrency?: string | null | undefined },
  amount: Money,
): Promise<PayoutRoute | Refused<OutsideRefusal>> {
  const counterparty = counterpartyIn(input.payee);
  if ('kind' in counterparty) return counterparty;
  const wallet = await directory.wallet(input.payerWalletId);
  if (wallet?.ownerId !== customerId) return refused('PAYER_WALLET_NOT_FOUND');
  if (!wallet.takesOut) return refused('PAYER_WALLET_UNAVAILABLE');
  const currency = input.payeeCurrency ?? amount.currency;
  if (!isCurrency(currency)) return refused('CURRENCY_MISMATCH');
  if (amount.currency !== wallet.currency && amount.currency !== currency) return refused('CURRENCY_MISMATCH');
  return { kind: 'PAYOUT', wallet, counterparty, amount, currency };
}

async function collectionRoute(
  directory: Directory,
  customerId: string,
  input: { payeeWalletId: string; payer: OutsidePartyInput },
  amount: Money,
): Promise<CollectionRoute | Refused<OutsideRefusal>> {
  const counterparty = counterpartyIn(input.payer);
  if ('kind' in counterparty) return counterparty;
  const wallet = await directory.wallet(input.payeeWalletId);
  if (wallet?.ownerId !== customerId) return refused('PAYEE_WALLET_NOT_FOUND');
  if (!wallet.takesIn) return refused('PAYEE_WALLET_UNAVAILABLE');
  if (amount.currency !== wallet.currency) return refused('CURRENCY_MISMATCH');
  return { kind: 'COLLECTION', wallet, counterparty, amount };
}

/** What a rail would be asked for, for choosing among rails. @param amount what crosses the border of the platform */
export function askOf(
  { kind, counterparty }: OutsideRoute,
  amount: Money,
): Pick<RailInstruction, 'direction' | 'amount' | 'counterparty'> {
  return { direction: kind, amount, counterparty };
}

const longestName = 70;

/** Reads whoever is outside: exactly one of the two, and a number that can be one. */
export function counterpartyIn(input: OutsidePartyInput): Counterparty | Refused<'COUNTERPARTY_INVALID'> {
  const { mobileMoney, bankAccount } = input;
  if (isGiven(mobileMoney) === isGiven(bankAccount))
    return refused('COUNTERPARTY_INVALID', 'Give either a mobile-money number or a bank account.');
  if (isGiven(mobileMoney)) {
    const { name = null } = mobileMoney;
    const number = readMobileNumber(mobileMoney.phoneNumber);
    if (!number) return refused('COUNTERPARTY_INVALID', 'A mobile number looks like +233241234567.');
    const network = mobileMoney.network ?? number.network;
    if (!network) return refused('COUNTERPARTY_INVALID', 'Say which network the number is registered with.');
    if (name !== null && !isName(name)) return refused('COUNTERPARTY_INVALID', nameRule);
    return { type: 'MOBILE_MONEY', phoneNumber: number.phoneNumber, network, name };
  }
  const iban = readIban(bankAccount?.iban ?? '');
  const bic = typeof bankAccount?.bic === 'string' ? readBic(bankAccount.bic) : null;
  const name = bankAccount?.name ?? '';
  if (iban === undefined) return refused('COUNTERPARTY_INVALID', 'That is not a valid IBAN.');
  if (bic === undefined) return refused('COUNTERPARTY_INVALID', 'That is not a valid BIC.');
  if (!isName(name)) return refused('COUNTERPARTY_INVALID', nameRule);
  return { type: 'BANK_ACCOUNT', iban, bic, name };
}

const nameRule = 'A name has 1 to 70 characters.';

function isName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a name
  return name.trim() !== '' && name.length <= longestName && !/[\u0000-\u001f\u007f\p{Cs}]/u.test(name);
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}

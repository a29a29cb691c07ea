import { hasScope, type Principal } from '@paygraph/auth';
import { isId } from '@paygraph/ids';
import { type AmountFault, type Currency, isCurrency, parseAmount } from '@paygraph/money';
import { readIban, readMobileNumber } from '@paygraph/rails/adapters';
import { badUserInput, forbidden } from '@paygraph/subgraph';
import { unstorable } from '../database.ts';
import type { AmountRangeInput, PaymentFilter } from '../generated/graphql.ts';
import type { PaymentKind } from '../generated/prisma/enums.ts';
import type { PaymentState } from './lifecycle.ts';

/** Whose payments somebody sees: one customer's, as payer always and as payee once the money has moved, or everybody's. */
export type Audience = { readonly customerId: string } | 'everybody';

/** Which payments are asked for: those that fulfil everything that is given. */
export interface PaymentSelection {
  readonly states?: readonly PaymentState[] | undefined;
  readonly kinds?: readonly PaymentKind[] | undefined;
  readonly rails?: readonly string[] | undefined;
  readonly walletId?: string | undefined;
  readonly customerId?: string | undefined;
  /** In lower case; of the other side of the audience's customer, or of `customerId`. */
  readonly counterpartyHandle?: string | undefined;
  /** A telephone number in E.164 or an IBAN without spaces, of whoever is outside. */
  readonly counterpartyAccount?: string | undefined;
  readonly amount?: AmountRange | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  readonly metadata?: readonly MetadataEntry[] | undefined;
  readonly reference?: string | undefined;
}

/** In minor units, both ends included. */
export interface AmountRange {
  readonly currency: Currency;
  readonly min?: bigint | undefined;
  readonly max?: bigint | undefined;
}

export interface MetadataEntry {
  readonly key: string;
  readonly value: string;
}

const mostEntries = 5;
const mostListed = 50;

export function audienceOf(principal: Principal & { readonly kind: 'customer' }): Audience {
  return hasScope(principal, 'payment:read:any') ? 'everybody' : { customerId: principal.id };
}

/** Reads a client's filter. @throws GraphQLError BAD_USER_INPUT naming the field, FORBIDDEN for what is for staff */
export function selectionFrom(filter: PaymentFilter | null | undefined, audience: Audience): PaymentSelection {
  if (!filter) return {};
  const { states, kinds, rails, walletId, customerId, counterpartyHandle, reference, metadata } = filter;
  const { createdFrom, createdBefore, counterpartyAccount } = filter;
  if (isGiven(customerId) && audience !== 'everybody')
    throw forbidden('Only staff may ask for other people’s payments');
  if (isGiven(counterpartyHandle) && audience === 'everybody' && !isGiven(customerId))
    throw bad('counterpartyHandle goes with customerId: it is that customer’s other side', 'counterpartyHandle');
  for (const [name, list] of Object.entries({ states, kinds, rails }))
    if (isGiven(list) && list.length > mostListed) throw bad(`At most ${mostListed} of them`, name);
  if (isGiven(metadata) && metadata.length > mostEntries) throw bad(`At most ${mostEntries} entries`, 'metadata');
  return {
    states: states ?? undefined,
    kinds: kinds ?? undefined,
    rails: rails ?? undefined,
    walletId: walletId ?? undefined,
    customerId: customerId ?? undefined,
    counterpartyHandle: counterpartyHandle?.toLowerCase().replace(/^@/, ''),
    counterpartyAccount: isGiven(counterpartyAccount) ? accountFrom(counterpartyAccount) : undefined,
    amount: filter.amount ? rangeFrom(filter.amount) : undefined,
    createdFrom: createdFrom ?? undefined,
    createdBefore: createdBefore ?? undefined,
    metadata: isGiven(metadata) && metadata.length > 0 ? metadata : undefined,
    reference: reference ?? undefined,
  };
}

/** Whether nothing can fulfil the selection, for what it asks for can be no payment's: some of it is no text to PostgreSQL. */
export function isImpossible({ walletId, customerId, ...texts }: PaymentSelection): boolean {
  const { rails = [], counterpartyHandle, reference, metadata = [] } = texts;
  const given = [...rails, counterpartyHandle, reference, ...metadata.flatMap(({ key, value }) => [key, value])];
  if (walletId !== undefined && !isId('wal', walletId)) return true;
  if (customerId !== undefined && !isId('cus', customerId)) return true;
  return given.some((text) => text !== undefined && unstorable.test(text));
}

function accountFrom(text: string): string {
  const account = readMobileNumber(text)?.phoneNumber ?? readIban(text);
  if (account !== undefined) return account;
  throw bad('Neither a mobile number such as +233241234567 nor an IBAN', 'counterpartyAccount');
}

function rangeFrom({ currency, min, max }: AmountRangeInput): AmountRange {
  if (!isCurrency(currency)) throw bad('Not a currency', 'amount', 'currency');
  const amountOf = (name: 'min' | 'max', text: string | null | undefined) => {
    if (!isGiven(text)) return undefined;
    const parsed = parseAmount(text, currency);
    if (parsed.kind === 'amount') return parsed.money.amount;
    if (parsed.fault === 'ZERO') return 0n;
    throw bad(`Not an amount in ${currency}: ${words[parsed.fault]}`, 'amount', name);
  };
  return { currency, min: amountOf('min', min), max: amountOf('max', max) };
}

const words: Record<AmountFault, string> = {
  NOT_A_DECIMAL: 'digits with at most one point are',
  SIGNED: 'it has a sign',
  EXPONENT: 'it has an exponent',
  TOO_MANY_FRACTION_DIGITS: 'it has more fraction digits than the currency',
  TOO_LARGE: 'it is too large',
  ZERO: 'it is zero',
};

function bad(message: string, ...field: string[]) {
  return badUserInput(message, ['filter', ...field]);
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

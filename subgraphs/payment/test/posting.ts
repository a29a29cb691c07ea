import { newId, parseId } from '@paygraph/ids';
import { currencyOf, type Money, parseRate } from '@paygraph/money';
import type { Entry } from '../src/payment/entry.ts';
import type { Collection, Payout, Transfer } from '../src/payment/payment.ts';
import type { Price } from '../src/quote/price.ts';

export const payer = { customerId: newId('cus'), walletId: newId('wal'), displayName: 'Ama', handle: 'ama' };
export const payee = { customerId: newId('cus'), walletId: newId('wal'), displayName: 'Ben', handle: null };
const phone = { type: 'MOBILE_MONEY', phoneNumber: '+233241234567', network: 'MTN', name: null } as const;

/** So many minor units of a currency. */
export function money(amount: bigint, currency: string): Money {
  return { amount, currency: currencyOf(currency) };
}

export interface PriceParts {
  readonly source: Money;
  readonly target?: Money;
  readonly targetAtMid?: Money;
  readonly fee?: bigint;
  readonly terms?: Partial<Price['fee']['terms']>;
  readonly mid?: string;
}

/** A price as it stands; across currencies at a spread of 50 basis points. */
export function price(parts: PriceParts): Price {
  const { source, target = source, targetAtMid = target, fee = 0n, mid = '1' } = parts;
  const rate = parseRate(mid);
  if (!rate) throw new Error(mid);
  const forexQuoteId = newId('fxq');
  const conversion = { exchangeRate: mid, forexQuoteId, mid: rate, spreadBasisPoints: 50 };
  const terms = { fixed: 0n, percentage: { coefficient: 1n, scale: 0 }, refundable: false, ...parts.terms };
  return {
    ...{ source, target, targetAtMid },
    fee: { label: 'Fee', amount: { amount: fee, currency: source.currency }, version: '1', terms },
    conversion: source.currency === target.currency ? null : conversion,
  };
}

const common = {
  id: parseId('pay', newId('pay')),
  state: 'PROCESSING',
  sequence: 4,
  failureCode: null,
  captureMethod: 'AUTOMATIC',
  captured: null,
  quoteId: null,
  refundsAsked: 0n,
  refunded: 0n,
  diverted: false,
  carriedBy: null,
  externalReference: null,
  metadata: null,
  traceparent: null,
  reservationId: newId('res'),
  transactionId: newId('txn'),
  createdAt: new Date(),
  expiresAt: new Date(),
  leaseEpoch: 1,
  attempts: 0,
} as const;

export function transfer(of: Price): Transfer {
  return { ...common, kind: 'TRANSFER', rail: 'book', amount: of.source, price: of, payer, payee };
}

export function collection(of: Price): Collection {
  const from = { displayName: 'Ama' };
  const outside = { payer: from, counterparty: phone, rail: 'momo' };
  return { ...common, kind: 'COLLECTION', amount: of.source, price: of, payee, ...outside };
}

export function payout(of: Price): Payout {
  const ids = { settlementId: newId('txn'), returnId: newId('txn') };
  const outside = { payee: { displayName: 'Ben' }, counterparty: phone, rail: 'momo' };
  return { ...common, ...ids, kind: 'PAYOUT', amount: of.source, price: of, payer, ...outside };
}

/** Entries as the posting rules write them: `D payer 2525 USD`. */
export function words(entries: readonly Entry[]): string[] {
  const names = new Map<string, string>([
    [payer.walletId, 'payer'],
    [payee.walletId, 'payee'],
  ]);
  return entries.map(({ account, direction, amount }) => {
    const rail = 'rail' in account ? ` ${account.rail}` : '';
    const name = 'walletId' in account ? names.get(account.walletId) : `${account.purpose}${rail}`;
    return `${direction === 'DEBIT' ? 'D' : 'C'} ${name} ${amount.amount} ${amount.currency}`;
  });
}

/** Debits less credits in each currency: zeros, or the books are broken. */
export function differences(entries: readonly Entry[]): bigint[] {
  const totals = new Map<string, bigint>();
  for (const { direction, amount } of entries) {
    const signed = direction === 'DEBIT' ? amount.amount : -amount.amount;
    totals.set(amount.currency, (totals.get(amount.currency) ?? 0n) + signed);
  }
  return [...totals.values()];
}

/** The worked example of the posting rules: 25.00 USD to euros. */
export const toEuros = price({
  source: money(2500n, 'USD'),
  target: money(2189n, 'EUR'),
  targetAtMid: money(2201n, 'EUR'),
  fee: 25n,
  mid: '0.88022588',
  terms: { min: 25n },
});

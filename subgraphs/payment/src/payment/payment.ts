import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money } from '@paygraph/money';
import type { Counterparty } from '@paygraph/rails';
import type { Payment as PaymentRow } from '../generated/prisma/client.ts';
import { type Price, priceFrom } from '../quote/price.ts';
import { counterpartyFrom } from './counterparty.ts';
import type { FailureCode } from './failure.ts';
import type { PaymentState } from './lifecycle.ts';
import type { Rail } from './rail.ts';

/** A customer's end of a payment, as it was when the payment was made. */
export interface WalletParty {
  readonly customerId: Id<'cus'>;
  readonly walletId: Id<'wal'>;
  readonly displayName: string;
  readonly handle: string | null;
}

/** The outside world's end of a payment. */
export interface RailParty {
  readonly displayName: string;
}

export type Party = WalletParty | RailParty;

export type CaptureMethod = 'AUTOMATIC' | 'MANUAL';

interface PaymentBase {
  readonly id: Id<'pay'>;
  readonly state: PaymentState;
  /** The number of the latest step of the timeline. */
  readonly sequence: number;
  readonly failureCode: FailureCode | null;
  /** As asked for, in the payer's currency or the payee's. */
  readonly amount: Money;
  /** What was agreed, and what funds are held for. */
  readonly price: Price;
  /** Null for a payment that was made at the price of the moment. */
  readonly quoteId: Id<'quo'> | null;
  readonly captureMethod: CaptureMethod;
  /** What was captured, when that is less than what was agreed. */
  readonly captured: Price | null;
  /** Asked back by refunds that have not failed, and paid back: in minor units of the source currency. */
  readonly refundsAsked: bigint;
  readonly refunded: bigint;
  /** Whether a wallet could not take the money, so that it went to SUSPENSE in its place. */
  readonly diverted: boolean;
  readonly rail: Rail;
  /** The attempt that carried the money over a rail. */
  readonly carriedBy: Id<'att'> | null;
  readonly externalReference: string | null;
  readonly metadata: Record<string, unknown> | null;
  /** Of the request that made it, if it was traced. */
  readonly traceparent: string | null;
  /** The ledger's ids, chosen before the ledger is called. */
  readonly reservationId: Id<'res'>;
  readonly transactionId: Id<'txn'>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Counts how often a worker took the payment up: what a worker writes counts only under the epoch it got. */
  readonly leaseEpoch: number;
  /** How often the present state was tried without getting on. */
  readonly attempts: number;
}

/** From wallet to wallet. */
export interface Transfer extends PaymentBase {
  readonly kind: 'TRANSFER';
  readonly payer: WalletParty;
  readonly payee: WalletParty;
}

/** From a rail into a wallet. */
export interface Collection extends PaymentBase {
  readonly kind: 'COLLECTION';
  readonly payer: RailParty;
  readonly payee: WalletParty;
  /** Who is asked for the money; null when an operator recorded that it has come. */
  readonly counterparty: Counterparty | null;
}

/** From a wallet to somebody outside, over a rail. */
export interface Payout extends PaymentBase {
  readonly kind: 'PAYOUT';
  readonly payer: WalletParty;
  readonly payee: RailParty;
  readonly counterparty: Counterparty;
  /** The one transaction by which it ends in the books, confirmed or failed: never both, because an id has one content. */
  readonly settlementId: Id<'txn'>;
  /** Of what comes back after it was confirmed. */
  readonly returnId: Id<'txn'>;
}

export type Payment = Transfer | Collection | Payout;

/** What was captured: all that was agreed, or a part. */
export function capturedPrice({ price, captured }: Pick<Payment, 'price' | 'captured'>): Price {
  return captured ?? price;
}

/** Whether an adapter carries it, and not the books alone. */
export function ridesRail(payment: Payment): payment is Payout | (Collection & { counterparty: Counterparty }) {
  return payment.kind !== 'TRANSFER' && payment.counterparty !== null;
}

/** A payment from its row. @throws {RangeError} for a row that cannot be one. */
export function paymentFrom(row: PaymentRow): Payment {
  const base = baseFrom(row);
  const payer = () => partyFrom(row.payerCustomerId, row.payerWalletId, row.payerDisplayName, row.payerHandle);
  const payee = () => partyFrom(row.payeeCustomerId, row.payeeWalletId, row.payeeDisplayName, row.payeeHandle);
  const counterparty = counterpartyFrom(row.counterparty);
  switch (row.kind) {
    case 'TRANSFER':
      return { ...base, kind: 'TRANSFER', payer: payer(), payee: payee() };
    case 'COLLECTION':
      return {
        ...base,
        kind: 'COLLECTION',
        payer: { displayName: row.payerDisplayName },
        payee: payee(),
        counterparty,
      };
    case 'PAYOUT': {
      if (!counterparty || row.settlementId === null || row.returnId === null)
        throw new RangeError(`The payout ${row.id} goes nowhere`);
      const ids = { settlementId: parseId('txn', row.settlementId), returnId: parseId('txn', row.returnId) };
      const outside = { displayName: row.payeeDisplayName };
      return { ...base, kind: 'PAYOUT', payer: payer(), payee: outside, counterparty, ...ids };
    }
  }
}

function baseFrom(row: PaymentRow): PaymentBase {
  const { state, sequence, failureCode, externalReference, createdAt, expiresAt, leaseEpoch, attempts } = row;
  const price = priceFrom(row);
  return {
    id: parseId('pay', row.id),
    amount: { amount: row.amount, currency: currencyOf(row.amountCurrency) },
    price,
    captured: capturedFrom(row, price),
    metadata: isObject(row.metadata) ? row.metadata : null,
    traceparent: row.traceparent,
    quoteId: row.quoteId === null ? null : parseId('quo', row.quoteId),
    reservationId: parseId('res', row.reservationId),
    transactionId: parseId('txn', row.transactionId),
    carriedBy: row.carriedBy === null ? null : parseId('att', row.carriedBy),
    captureMethod: row.captureMethod,
    refundsAsked: row.refundsAsked,
    refunded: row.refunded,
    diverted: row.diverted,
    rail: row.rail,
    state,
    sequence,
    failureCode,
    externalReference,
    createdAt,
    expiresAt,
    leaseEpoch,
    attempts,
  };
}

function capturedFrom(row: PaymentRow, agreed: Price): Price | null {
  const { capturedSource, capturedTarget, capturedAtMid, capturedFee } = row;
  if (capturedSource === null || capturedTarget === null || capturedAtMid === null || capturedFee === null) return null;
  const { source, target, targetAtMid, fee } = agreed;
  return {
    ...agreed,
    source: { ...source, amount: capturedSource },
    target: { ...target, amount: capturedTarget },
    targetAtMid: { ...targetAtMid, amount: capturedAtMid },
    fee: { ...fee, amount: { ...fee.amount, amount: capturedFee } },
  };
}

function partyFrom(
  customerId: string | null,
  walletId: string | null,
  displayName: string,
  handle: string | null,
): WalletParty {
  if (customerId === null || walletId === null) throw new RangeError('A party of a payment has no wallet');
  return { customerId: parseId('cus', customerId), walletId: parseId('wal', walletId), displayName, handle };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

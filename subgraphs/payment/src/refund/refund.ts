import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money, nextRefund, type Refunded } from '@paygraph/money';
import type { PaymentRefund as RefundRow } from '../generated/prisma/client.ts';
import type { RefundFailureCode, RefundState } from '../generated/prisma/enums.ts';
import { capturedPrice, type Payment } from '../payment/payment.ts';

/** Why a refund failed, in words that both sides are shown. */
export const refundFailureMessages: Record<RefundFailureCode, string> = {
  INSUFFICIENT_FUNDS: 'Whoever was paid does not hold enough any more.',
  WALLET_UNAVAILABLE: 'The wallet that was paid is frozen or closed.',
  COUNTERPARTY_NOT_FOUND: 'There is no such account outside any more.',
  COUNTERPARTY_UNAVAILABLE: 'The account outside cannot take money at the moment.',
  COUNTERPARTY_FUNDS: 'There was not enough money in the account outside.',
  COUNTERPARTY_DECLINED: 'The account outside did not take the money back.',
  RAIL_LIMIT_EXCEEDED: 'The amount is above what the network carries.',
  RAIL_UNAVAILABLE: 'No network could carry the refund at the moment. Nothing has been lost.',
  INTERNAL: 'The refund could not be carried out. Nothing has been moved.',
};

/** Some or all of a payment, given back. */
export interface Refund {
  readonly id: Id<'rfd'>;
  readonly paymentId: Id<'pay'>;
  readonly state: RefundState;
  readonly failureCode: RefundFailureCode | null;
  /** What goes back beside fees, in the source currency. */
  readonly amount: Money;
  readonly note: string | null;
  /** Refunded before this one, in all, in minor units; null as long as that is open. */
  readonly before: bigint | null;
  readonly diverted: boolean;
  readonly carriedBy: Id<'att'> | null;
  readonly reservationId: Id<'res'>;
  readonly transactionId: Id<'txn'>;
  readonly settlementId: Id<'txn'>;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly leaseEpoch: number;
  readonly attempts: number;
}

export function refundFrom(row: RefundRow): Refund {
  const { state, failureCode, note, before, diverted, createdAt, endedAt, leaseEpoch, attempts } = row;
  return {
    id: parseId('rfd', row.id),
    paymentId: parseId('pay', row.paymentId),
    amount: { amount: row.amount, currency: currencyOf(row.currency) },
    carriedBy: row.carriedBy === null ? null : parseId('att', row.carriedBy),
    reservationId: parseId('res', row.reservationId),
    transactionId: parseId('txn', row.transactionId),
    settlementId: parseId('txn', row.settlementId),
    ...{ state, failureCode, note, before, diverted, createdAt, endedAt, leaseEpoch, attempts },
  };
}

/**
 * What a refund gives back on every leg: the cumulative figures of posting-rules less those of the refunds before it.
 * @throws {RangeError} before it is known what was refunded before.
 */
export function figuresOf(
  { id, amount, before }: Pick<Refund, 'id' | 'amount' | 'before'>,
  payment: Payment,
): Refunded {
  if (before === null) throw new RangeError(`${id} has no figures yet`);
  const { source, target, targetAtMid, fee, conversion } = capturedPrice(payment);
  const captured = conversion
    ? { payer: source.amount, payee: target.amount, position: targetAtMid.amount, fee: fee.amount.amount }
    : { payer: source.amount, payee: source.amount, position: source.amount, fee: fee.amount.amount };
  return nextRefund(captured, before, amount.amount, { feeRefundable: fee.terms.refundable });
}

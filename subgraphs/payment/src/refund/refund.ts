import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money, nextRefund, type Refunded } from '@paygraph/money';
import type { PaymentRefund as RefundRow } from '../generated/prisma/client.ts';
import type { RefundFailureCode, RefundState } from '../generated/prisma/enums.ts';
import { capturedPrice, type Payment } from '../payment/payment.ts';

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

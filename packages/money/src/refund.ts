import { ceilDivide, halfEvenDivide } from './rounding.ts';

/** What was posted when the payment was captured. A payment in one currency has `payee` and `position` equal to `payer`. */
export type Captured = {
  /** S, in the payer's minor units; positive. */
  readonly payer: bigint;
  /** T, in the payee's minor units. */
  readonly payee: bigint;
  /** M, in the payee's minor units. */
  readonly position: bigint;
  /** f, in the payer's minor units, on top of S. */
  readonly fee: bigint;
};

/**
 * Amounts that go back, each against the direction in which it was posted. `revenue` (position − payee) may be negative by
 * one minor unit where roundings meet: it is then posted in the original direction.
 */
export type Refunded = Captured & { readonly revenue: bigint };

export type RefundTerms = {
  /** Whether the fee schedule gives the fee back in proportion. */
  readonly feeRefundable: boolean;
};

/**
 * The cumulative figures once `refunded` (c) of the captured S has gone back: payer c, payee ceil(T · c / S), position
 * half-even(M · c / S), revenue their difference, fee half-even(f · c / S) if refundable, else 0. At c = S they are the
 * captured figures, so that every leg returns to zero however the refund was split.
 * @throws {RangeError} unless 0 ≤ refunded ≤ S.
 */
export function refundedInAll(captured: Captured, refunded: bigint, { feeRefundable }: RefundTerms): Refunded {
  const { payer, payee, position, fee } = captured;
  if (refunded < 0n || refunded > payer) throw new RangeError(`Cannot refund ${refunded} of ${payer} captured`);
  const payeeBack = ceilDivide(payee * refunded, payer);
  const positionBack = halfEvenDivide(position * refunded, payer);
  return {
    payer: refunded,
    payee: payeeBack,
    position: positionBack,
    revenue: positionBack - payeeBack,
    fee: feeRefundable ? halfEvenDivide(fee * refunded, payer) : 0n,
  };
}

/**
 * What one more refund of `amount` posts after `before` has gone back already: the cumulative figures less those posted.
 * @throws {RangeError} when both together are more than was captured.
 */
export function nextRefund(captured: Captured, before: bigint, amount: bigint, terms: RefundTerms): Refunded {
  const posted = refundedInAll(captured, before, terms);
  const due = refundedInAll(captured, before + amount, terms);
  return {
    payer: due.payer - posted.payer,
    payee: due.payee - posted.payee,
    position: due.position - posted.position,
    revenue: due.revenue - posted.revenue,
    fee: due.fee - posted.fee,
  };
}

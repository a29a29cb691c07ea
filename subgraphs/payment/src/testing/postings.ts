import type { Entry } from '../payment/entry.ts';
import { hasMovedMoney } from '../payment/lifecycle.ts';
import type { Collection, Payment, Payout } from '../payment/payment.ts';
import {
  backFromTransit,
  collectionRefundReserved,
  intoSuspense,
  leftTransit,
  mirroredReturn,
  payoutConfirmed,
  payoutFailed,
  payoutReturned,
  postingOf,
  releasedToWallet,
  sentBack,
  transferRefunded,
} from '../payment/posting.ts';
import type { Attempt } from '../rails/attempt.ts';
import { chargesOf } from '../rails/charge-work.ts';
import { isRailFailure } from '../rails/ride.ts';
import { figuresOf, type Refund } from '../refund/refund.ts';
import type { Settlement } from '../settlement/settlement.ts';
import { postingOf as postingOfSettlement } from '../settlement/work.ts';
import type { SuspenseItem } from '../suspense/item.ts';

/** A transaction that the books must hold. */
export interface DuePosting {
  readonly id: string;
  readonly reference: string;
  readonly entries: readonly Entry[];
}

/** What a payment database says once everything has come to rest. */
export interface Records {
  readonly payments: readonly Payment[];
  readonly attempts: readonly Attempt[];
  readonly refunds: readonly Refund[];
  readonly items: readonly SuspenseItem[];
  readonly settlements: readonly Settlement[];
}

/** Everything that the posting rules say that the books must hold, from the payment database alone. */
export function duePostings({ payments, attempts, refunds, items, settlements }: Records): DuePosting[] {
  const of = (subjectId: string) => attempts.filter((attempt) => attempt.subjectId === subjectId);
  const paymentOf = (id: string) => {
    const payment = payments.find((one) => one.id === id);
    if (!payment) throw new Error(`There is no ${id}`);
    return payment;
  };
  return [
    ...payments.flatMap((payment) => ofPayment(payment, of(payment.id))),
    ...refunds.flatMap((refund) => ofRefund(refund, paymentOf(refund.paymentId), of(refund.id))),
    ...items.flatMap((item) => ofItem(item, attempts)),
    ...attempts.flatMap(chargesOf),
    ...settlements.filter(({ bookedAt }) => bookedAt !== null).map(postingOfSettlement),
  ];
}

function ofPayment(payment: Payment, attempts: readonly Attempt[]): DuePosting[] {
  const carrier = attempts.find(({ id }) => id === payment.carriedBy);
  switch (payment.kind) {
    case 'TRANSFER':
      return hasMovedMoney(payment.state) ? [due(payment, payment.transactionId, postingOf(payment))] : [];
    case 'COLLECTION':
      return hasMovedMoney(payment.state)
        ? [due(payment, payment.transactionId, postingOf(payment, carrier?.rail))]
        : [];
    case 'PAYOUT':
      return ofPayout(payment, attempts, carrier);
  }
}

function ofPayout(payout: Payout, attempts: readonly Attempt[], carrier: Attempt | undefined): DuePosting[] {
  if (attempts.length === 0 && !isRailFailure(payout.failureCode)) return [];
  const captured = due(payout, payout.transactionId, postingOf(payout));
  if (payout.state === 'FAILED') return [captured, due(payout, payout.settlementId, payoutFailed(payout))];
  if (!carrier) return [captured];
  const confirmed = due(payout, payout.settlementId, payoutConfirmed(payout, carrier.rail));
  const returned = due(payout, payout.returnId, payoutReturned(payout, carrier.rail, payout.diverted));
  return payout.state === 'REFUNDED' ? [captured, confirmed, returned] : [captured, confirmed];
}

function ofRefund(refund: Refund, payment: Payment, attempts: readonly Attempt[]): DuePosting[] {
  if (payment.kind === 'TRANSFER') {
    if (refund.state !== 'SUCCEEDED') return [];
    return [due(payment, refund.transactionId, transferRefunded(payment, figuresOf(refund, payment), refund.diverted))];
  }
  if (payment.kind !== 'COLLECTION' || (attempts.length === 0 && !isRailFailure(refund.failureCode))) return [];
  return ofCollectionRefund(refund, payment, attempts);
}

function ofCollectionRefund(refund: Refund, payment: Collection, attempts: readonly Attempt[]): DuePosting[] {
  const reserved = collectionRefundReserved(payment, figuresOf(refund, payment));
  const captured = due(payment, refund.transactionId, reserved);
  const carrier = attempts.find(({ id }) => id === refund.carriedBy);
  switch (refund.state) {
    case 'SUCCEEDED': {
      const left = leftTransit(refund.amount, payment.rail, carrier?.rail ?? '');
      return [captured, due(payment, refund.settlementId, left)];
    }
    case 'FAILED':
      return [captured, due(payment, refund.settlementId, backFromTransit(reserved, refund.diverted))];
    default:
      return [captured];
  }
}

function ofItem(item: SuspenseItem, attempts: readonly Attempt[]): DuePosting[] {
  const { amount, fee, rail, walletId, releaseId, settlementId, sourceId } = item;
  const back = item.returnRail ?? '';
  const own = (id: string, entries: Entry[]) => due(item, id, entries);
  // What a wallet could not take, and what could not be sent back, others put here.
  const came = item.origin !== 'WALLET_UNAVAILABLE' && !sourceId.startsWith('sus_') && item.state !== 'INCOMING';
  const into = came ? [own(item.transactionId, intoSuspense(rail ?? '', amount))] : [];
  if (releaseId === null) return into;
  if (walletId !== null)
    return item.state === 'RELEASED' ? [...into, own(releaseId, releasedToWallet(amount, fee, walletId))] : into;
  const carrier = attempts.find(({ id }) => id === item.carriedBy);
  const sent = [...into, own(releaseId, sentBack(amount, back))];
  if (item.state === 'REOPENED' && settlementId) return [...sent, own(settlementId, mirroredReturn(amount, back))];
  if (item.state !== 'RETURNED' || !settlementId || !carrier) return sent;
  return [...sent, own(settlementId, leftTransit(amount, back, carrier.rail))];
}

function due({ id: reference }: { readonly id: string }, id: string, entries: readonly Entry[]): DuePosting {
  return { id, reference, entries };
}

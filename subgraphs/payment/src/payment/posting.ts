import type { Currency, Money, Refunded } from '@paygraph/money';
import { debitOf, type Price } from '../quote/price.ts';
import { type Account, credit, debit, type Entry, mirrored, withoutZeros } from './entry.ts';
import { type Collection, capturedPrice, type Payment, type Payout, type Transfer } from './payment.ts';

/** What a payment with funds of its own reserves: what it will post if all of it is captured. */
export function reservedBy(payment: Transfer | Payout): Entry[] {
  return leavingWallet(payment, payment.price);
}

/**
 * What a payment posts as `transactionId` when it is carried out: the capture of a transfer (all or a part), the capture of
 * a payout into transit, the booking of a collection. Debits equal credits in every currency; entries of zero are left out.
 * @param collectedOver the rail that brought a collection, if it is not the one it was priced for
 */
export function postingOf(payment: Payment, collectedOver = payment.rail): Entry[] {
  if (payment.kind === 'COLLECTION') return entriesOfCollection(payment, collectedOver);
  return leavingWallet(payment, capturedPrice(payment));
}

/**
 * One currency: D payer A + f · C payee A · C FEE_REVENUE f; for a payout D payer A + f · C PAYOUT_TRANSIT A + f. Across
 * currencies, source: D payer S + f · C FX_POSITION S · C FEE_REVENUE f; target: D FX_POSITION M · C payee (or
 * PAYOUT_TRANSIT) T · C FX_REVENUE M − T.
 */
function leavingWallet(payment: Transfer | Payout, price: Price): Entry[] {
  const { source, target, targetAtMid, fee } = price;
  const feeRevenue = credit({ purpose: 'FEE_REVENUE', currency: source.currency }, fee.amount);
  const wallet = payment.payer.walletId;
  const paid = debit({ purpose: 'WALLET', walletId: wallet, currency: source.currency }, debitOf(price));
  const destination = destinationOf(payment, target.currency);
  if (!price.conversion) {
    if (payment.kind === 'PAYOUT') return [paid, credit(destination, debitOf(price))];
    return withoutZeros([paid, credit(destination, target), feeRevenue]);
  }
  return withoutZeros([
    paid,
    credit({ purpose: 'FX_POSITION', currency: source.currency }, source),
    feeRevenue,
    debit({ purpose: 'FX_POSITION', currency: target.currency }, targetAtMid),
    credit(destination, target),
    credit({ purpose: 'FX_REVENUE', currency: target.currency }, spreadOf(price)),
  ]);
}

/** D RAIL_CLEARING A · C WALLET A − f · C FEE_REVENUE f; SUSPENSE in the place of a wallet that cannot take it. */
function entriesOfCollection({ payee, price, diverted }: Collection, rail: string): Entry[] {
  const { source, target, fee } = price;
  const { currency } = target;
  const wallet: Account = { purpose: 'WALLET', walletId: payee.walletId, currency };
  return withoutZeros([
    debit({ purpose: 'RAIL_CLEARING', rail, currency: source.currency }, source),
    credit(diverted ? suspense(currency) : wallet, target),
    credit({ purpose: 'FEE_REVENUE', currency: source.currency }, fee.amount),
  ]);
}

/**
 * D PAYOUT_TRANSIT A + f · C RAIL_CLEARING A · C FEE_REVENUE f; across currencies the fee is posted already: D
 * PAYOUT_TRANSIT T · C RAIL_CLEARING T.
 * @param carriedOver the rail that took the money, which after a failover is not the one it was reserved for
 */
export function payoutConfirmed(payout: Payout, carriedOver: string): Entry[] {
  const price = capturedPrice(payout);
  const { target, fee } = price;
  const { currency } = target;
  const transit: Account = { purpose: 'PAYOUT_TRANSIT', rail: payout.rail, currency };
  const clearing = credit({ purpose: 'RAIL_CLEARING', rail: carriedOver, currency }, target);
  if (price.conversion) return [debit(transit, target), clearing];
  return withoutZeros([
    debit(transit, debitOf(price)),
    clearing,
    credit({ purpose: 'FEE_REVENUE', currency }, fee.amount),
  ]);
}

/** D PAYOUT_TRANSIT A + f · C WALLET A + f; across currencies every leg mirrored. */
export function payoutFailed(payout: Payout): Entry[] {
  return payout.diverted ? divertCredit(mirrored(postingOf(payout))) : mirrored(postingOf(payout));
}

/**
 * D RAIL_CLEARING A · C WALLET A, the fee kept; across currencies every leg but the fee mirrored, with RAIL_CLEARING in
 * the place of PAYOUT_TRANSIT.
 */
export function payoutReturned(payout: Payout, carriedOver: string, diverted: boolean): Entry[] {
  const price = capturedPrice(payout);
  const { source, target, targetAtMid } = price;
  const wallet: Account = { purpose: 'WALLET', walletId: payout.payer.walletId, currency: source.currency };
  const back = credit(diverted ? suspense(source.currency) : wallet, source);
  const clearing = debit({ purpose: 'RAIL_CLEARING', rail: carriedOver, currency: target.currency }, target);
  if (!price.conversion) return [clearing, back];
  return withoutZeros([
    clearing,
    debit({ purpose: 'FX_REVENUE', currency: target.currency }, spreadOf(price)),
    credit({ purpose: 'FX_POSITION', currency: target.currency }, targetAtMid),
    debit({ purpose: 'FX_POSITION', currency: source.currency }, source),
    back,
  ]);
}

/**
 * A refund of a transfer, against the direction of each leg of the original: D payee · C payer (and the fee's part, if
 * the schedule gives it back), across currencies through the positions and FX_REVENUE.
 */
export function transferRefunded(transfer: Transfer, figures: Refunded, diverted: boolean): Entry[] {
  const { source, target } = transfer.price;
  const inSource = (amount: bigint): Money => ({ amount, currency: source.currency });
  const inTarget = (amount: bigint): Money => ({ amount, currency: target.currency });
  const payer: Account = { purpose: 'WALLET', walletId: transfer.payer.walletId, currency: source.currency };
  const payee: Account = { purpose: 'WALLET', walletId: transfer.payee.walletId, currency: target.currency };
  const paidBack = credit(diverted ? suspense(source.currency) : payer, inSource(figures.payer + figures.fee));
  const feeBack = debit({ purpose: 'FEE_REVENUE', currency: source.currency }, inSource(figures.fee));
  if (!transfer.price.conversion) return withoutZeros([debit(payee, inSource(figures.payer)), feeBack, paidBack]);
  const revenue: Account = { purpose: 'FX_REVENUE', currency: target.currency };
  return withoutZeros([
    debit({ purpose: 'FX_POSITION', currency: source.currency }, inSource(figures.payer)),
    feeBack,
    paidBack,
    debit(payee, inTarget(figures.payee)),
    // Where roundings meet it may be one minor unit the other way.
    figures.revenue < 0n ? credit(revenue, inTarget(-figures.revenue)) : debit(revenue, inTarget(figures.revenue)),
    credit({ purpose: 'FX_POSITION', currency: target.currency }, inTarget(figures.position)),
  ]);
}

/** A refund of a collection is a payout on its rail: D WALLET · (D FEE_REVENUE) · C PAYOUT_TRANSIT. */
export function collectionRefundReserved(collection: Collection, { payer, fee }: Refunded): Entry[] {
  const { currency } = collection.price.source;
  return withoutZeros([
    debit({ purpose: 'WALLET', walletId: collection.payee.walletId, currency }, { amount: payer - fee, currency }),
    debit({ purpose: 'FEE_REVENUE', currency }, { amount: fee, currency }),
    credit({ purpose: 'PAYOUT_TRANSIT', rail: collection.rail, currency }, { amount: payer, currency }),
  ]);
}

/** D PAYOUT_TRANSIT · C RAIL_CLEARING. */
export function leftTransit(amount: Money, reservedFor: string, carriedOver: string): Entry[] {
  const { currency } = amount;
  return [
    debit({ purpose: 'PAYOUT_TRANSIT', rail: reservedFor, currency }, amount),
    credit({ purpose: 'RAIL_CLEARING', rail: carriedOver, currency }, amount),
  ];
}

/** What went into transit goes back where it came from, or to SUSPENSE if the wallet cannot take it. */
export function backFromTransit(reserved: readonly Entry[], diverted: boolean): Entry[] {
  return diverted ? divertCredit(mirrored(reserved)) : mirrored(reserved);
}

/** D RAIL_COST c · C RAIL_CLEARING c. */
export function railCharge(rail: string, charge: Money): Entry[] {
  const { currency } = charge;
  return [
    debit({ purpose: 'RAIL_COST', rail, currency }, charge),
    credit({ purpose: 'RAIL_CLEARING', rail, currency }, charge),
  ];
}

/** Money that a rail paid to our bank: D SETTLEMENT A · C RAIL_CLEARING A; that our bank paid to the rail, the reverse. */
export function settledWithBank(rail: string, amount: Money, direction: 'FROM_RAIL' | 'TO_RAIL'): Entry[] {
  const { currency } = amount;
  const received = [
    debit({ purpose: 'SETTLEMENT', currency }, amount),
    credit({ purpose: 'RAIL_CLEARING', rail, currency }, amount),
  ];
  return direction === 'FROM_RAIL' ? received : mirrored(received);
}

/** D RAIL_CLEARING A · C SUSPENSE A: money for an expired, cancelled or unknown collection. */
export function intoSuspense(rail: string, amount: Money): Entry[] {
  const { currency } = amount;
  return [debit({ purpose: 'RAIL_CLEARING', rail, currency }, amount), credit(suspense(currency), amount)];
}

/** D SUSPENSE A · C WALLET A − f · C FEE_REVENUE f. */
export function releasedToWallet(amount: Money, fee: bigint, walletId: Transfer['payer']['walletId']): Entry[] {
  const { currency } = amount;
  return withoutZeros([
    debit(suspense(currency), amount),
    credit({ purpose: 'WALLET', walletId, currency }, { amount: amount.amount - fee, currency }),
    credit({ purpose: 'FEE_REVENUE', currency }, { amount: fee, currency }),
  ]);
}

/** D SUSPENSE A · C PAYOUT_TRANSIT A: on its way back over the rail. */
export function sentBack(amount: Money, rail: string): Entry[] {
  const { currency } = amount;
  return [debit(suspense(currency), amount), credit({ purpose: 'PAYOUT_TRANSIT', rail, currency }, amount)];
}

/** D PAYOUT_TRANSIT A · C SUSPENSE A: nobody took it. */
export function mirroredReturn(amount: Money, rail: string): Entry[] {
  return mirrored(sentBack(amount, rail));
}

/** SUSPENSE in the place of the one wallet that is credited. */
function divertCredit(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) =>
    entry.direction === 'CREDIT' && entry.account.purpose === 'WALLET'
      ? { ...entry, account: suspense(entry.account.currency) }
      : entry,
  );
}

function destinationOf(payment: Transfer | Payout, currency: Currency): Account {
  return payment.kind === 'TRANSFER'
    ? { purpose: 'WALLET', walletId: payment.payee.walletId, currency }
    : { purpose: 'PAYOUT_TRANSIT', rail: payment.rail, currency };
}

function suspense(currency: Currency): Account {
  return { purpose: 'SUSPENSE', currency };
}

function spreadOf({ target, targetAtMid }: Price): Money {
  return { amount: targetAtMid.amount - target.amount, currency: target.currency };
}

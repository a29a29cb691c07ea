import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money } from '@paygraph/money';
import type { Counterparty } from '@paygraph/rails';
import type { SuspenseItem as ItemRow } from '../generated/prisma/client.ts';
import type { SuspenseOrigin, SuspenseState } from '../generated/prisma/enums.ts';
import { counterpartyFrom } from '../payment/counterparty.ts';

/** Money whose owner is unknown or not entitled to it yet. */
export interface SuspenseItem {
  readonly id: Id<'sus'>;
  readonly origin: SuspenseOrigin;
  readonly state: SuspenseState;
  readonly amount: Money;
  /** What its release to the wallet that an operator chose costs, in minor units. */
  readonly fee: bigint;
  readonly paymentId: Id<'pay'> | null;
  readonly refundId: Id<'rfd'> | null;
  /** The attempt or event that brought it. */
  readonly sourceId: string;
  /** The rail that brought it. */
  readonly rail: string | null;
  /** The rail that was chosen to send it back over; another may carry it in the end. */
  readonly returnRail: string | null;
  readonly railReference: string | null;
  readonly senderName: string | null;
  readonly remittance: string | null;
  readonly counterparty: Counterparty | null;
  readonly walletId: Id<'wal'> | null;
  readonly note: string | null;
  /** The ledger's ids: into SUSPENSE, out of it, and the end of a return over a rail. */
  readonly transactionId: Id<'txn'>;
  readonly releaseId: Id<'txn'> | null;
  readonly settlementId: Id<'txn'> | null;
  readonly carriedBy: Id<'att'> | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly leaseEpoch: number;
  readonly attempts: number;
}

export function itemFrom(row: ItemRow): SuspenseItem {
  const { origin, state, fee, sourceId, rail, railReference, senderName, remittance, note, createdAt, endedAt } = row;
  const { returnRail } = row;
  return {
    ...{ origin, state, fee, sourceId, rail, railReference, senderName, remittance, note, createdAt, endedAt },
    returnRail,
    id: parseId('sus', row.id),
    amount: { amount: row.amount, currency: currencyOf(row.currency) },
    paymentId: optional('pay', row.paymentId),
    refundId: optional('rfd', row.refundId),
    counterparty: counterpartyFrom(row.counterparty),
    walletId: optional('wal', row.walletId),
    transactionId: parseId('txn', row.transactionId),
    releaseId: optional('txn', row.releaseId),
    settlementId: optional('txn', row.settlementId),
    carriedBy: optional('att', row.carriedBy),
    leaseEpoch: row.leaseEpoch,
    attempts: row.attempts,
  };
}

function optional<Prefix extends Parameters<typeof parseId>[0]>(
  prefix: Prefix,
  text: string | null,
): Id<Prefix> | null {
  return text === null ? null : parseId(prefix, text);
}

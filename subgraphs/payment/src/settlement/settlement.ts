import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money } from '@paygraph/money';
import type { RailSettlement as SettlementRow } from '../generated/prisma/client.ts';
import type { SettlementDirection } from '../generated/prisma/enums.ts';

/** That a rail and our bank have settled. */
export interface Settlement {
  readonly id: Id<'stl'>;
  readonly rail: string;
  readonly direction: SettlementDirection;
  readonly amount: Money;
  /** The bank's own name for it. */
  readonly reference: string;
  readonly note: string | null;
  /** Who recorded it. */
  readonly actor: Id<'cus'>;
  readonly transactionId: Id<'txn'>;
  readonly createdAt: Date;
  /** Null as long as it is on its way into the books. */
  readonly bookedAt: Date | null;
  readonly attempts: number;
}

export function settlementFrom(row: SettlementRow): Settlement {
  const { rail, direction, reference, note, createdAt, bookedAt, attempts } = row;
  return {
    ...{ rail, direction, reference, note, createdAt, bookedAt, attempts },
    id: parseId('stl', row.id),
    amount: { amount: row.amount, currency: currencyOf(row.currency) },
    actor: parseId('cus', row.actor),
    transactionId: parseId('txn', row.transactionId),
  };
}

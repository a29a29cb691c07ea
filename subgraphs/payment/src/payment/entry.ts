import type { Id } from '@paygraph/ids';
import type { Currency, Money } from '@paygraph/money';

/** An account of the books, by what it is for. */
export type Account =
  | { readonly purpose: 'WALLET'; readonly walletId: Id<'wal'>; readonly currency: Currency }
  | {
      readonly purpose: 'RAIL_CLEARING' | 'RAIL_COST' | 'PAYOUT_TRANSIT';
      readonly rail: string;
      readonly currency: Currency;
    }
  | {
      readonly purpose: 'FEE_REVENUE' | 'FX_REVENUE' | 'FX_POSITION' | 'SUSPENSE' | 'SETTLEMENT';
      readonly currency: Currency;
    };

export interface Entry {
  readonly account: Account;
  readonly direction: 'DEBIT' | 'CREDIT';
  readonly amount: Money;
}

export function debit(account: Account, amount: Money): Entry {
  return { account, direction: 'DEBIT', amount };
}

export function credit(account: Account, amount: Money): Entry {
  return { account, direction: 'CREDIT', amount };
}

/** Entries of zero are left out: posting-rules. */
export function withoutZeros(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ amount }) => amount.amount > 0n);
}

/** Every leg the other way round. */
export function mirrored(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, direction: entry.direction === 'DEBIT' ? 'CREDIT' : 'DEBIT' }));
}

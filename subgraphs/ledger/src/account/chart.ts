import type { Currency } from '@paygraph/money';
import type { AccountPurpose, AccountScope } from '../generated/prisma/enums.ts';

/** Where an account stands in the books: by purpose and currency, and by the wallet or rail where its purpose has one each. */
export interface AccountAddress {
  readonly purpose: AccountPurpose;
  readonly currency: Currency;
  /** Lower or upper case letters, digits, `-` and `_`, 1 to 32. */
  readonly rail?: string | undefined;
  /** `wal_…` */
  readonly walletId?: string | undefined;
}

/** What each purpose has one account for, beside its currency: the column `scope` of the chart of accounts. */
export const accountScopes: Readonly<Record<AccountPurpose, AccountScope>> = {
  WALLET: 'WALLET',
  PAYOUT_TRANSIT: 'RAIL',
  SUSPENSE: 'CURRENCY',
  FEE_REVENUE: 'CURRENCY',
  FX_REVENUE: 'CURRENCY',
  FX_POSITION: 'CURRENCY',
  RAIL_CLEARING: 'RAIL',
  RAIL_COST: 'RAIL',
  SETTLEMENT: 'CURRENCY',
};

/** The one name of an account, as the books have it: `wal_…`, `FEE_REVENUE/USD` or `RAIL_CLEARING/USD/manual`. */
export function addressText({ purpose, currency, rail, walletId }: AccountAddress): string {
  return walletId ?? [purpose, currency, rail].filter((part) => part !== undefined).join('/');
}

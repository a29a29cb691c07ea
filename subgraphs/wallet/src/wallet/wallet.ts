import type { Currency } from '@paygraph/money';

/** Whether money may go into and out of a wallet. */
export type WalletStatus = 'ACTIVE' | 'FROZEN_IN' | 'FROZEN_OUT' | 'FROZEN' | 'CLOSED';

/** A person's holding in one currency. What it holds, the ledger knows alone. */
export interface Wallet {
  /** `wal_…` */
  readonly id: string;
  /** `cus_…` */
  readonly ownerId: string;
  readonly currency: Currency;
  readonly label: string;
  readonly status: WalletStatus;
  /** Set while the status is one of the frozen ones. */
  readonly freeze: Freeze | null;
  readonly createdAt: Date;
}

export type FreezeDirection = 'IN' | 'OUT' | 'BOTH';
export type FreezeOrigin = 'OWNER' | 'OPERATOR';

export interface Freeze {
  readonly direction: FreezeDirection;
  readonly origin: FreezeOrigin;
  readonly reason: string | null;
  readonly at: Date;
}

/** A person, of whom this subgraph knows the id alone. */
export interface CustomerReference {
  /** `cus_…` */
  readonly id: string;
}

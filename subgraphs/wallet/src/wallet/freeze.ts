import type { FreezeDirection, FreezeOrigin, Wallet, WalletStatus } from './wallet.ts';

/** The account's statuses in the ledger that a wallet's can bring about. */
type AccountStatus = 'OPEN' | 'FROZEN_CREDIT' | 'FROZEN_DEBIT' | 'FROZEN';

/** A wallet's status under a freeze. */
export const statusUnder: Record<FreezeDirection, WalletStatus> = {
  IN: 'FROZEN_IN',
  OUT: 'FROZEN_OUT',
  BOTH: 'FROZEN',
};

/** What a freeze is to the wallet's account: a liability, which credits put money into. */
export const accountStatusUnder: Record<FreezeDirection, AccountStatus> = {
  IN: 'FROZEN_CREDIT',
  OUT: 'FROZEN_DEBIT',
  BOTH: 'FROZEN',
};

/** The direction that a status stands for; undefined when it is no freeze. */
export function directionOf(status: WalletStatus): FreezeDirection | undefined {
  switch (status) {
    case 'FROZEN_IN':
      return 'IN';
    case 'FROZEN_OUT':
      return 'OUT';
    case 'FROZEN':
      return 'BOTH';
    case 'ACTIVE':
    case 'CLOSED':
      return undefined;
    default:
      return status satisfies never;
  }
}

/** Why somebody may not set, replace or lift a freeze; undefined when they may. */
export function refusalOfChange(
  wallet: Pick<Wallet, 'status' | 'freeze'>,
  by: FreezeOrigin,
): 'WALLET_CLOSED' | 'FROZEN_BY_OPERATOR' | undefined {
  if (wallet.status === 'CLOSED') return 'WALLET_CLOSED';
  if (wallet.freeze?.origin === 'OPERATOR' && by === 'OWNER') return 'FROZEN_BY_OPERATOR';
  return undefined;
}

import { hasScope, type Principal } from '@paygraph/auth';
import { ownerIs } from '@paygraph/subgraph';
import type { FreezeOrigin, Wallet } from './wallet.ts';

/** Whether somebody may see the wallets of a person: the person, and staff with `wallet:read:any`. */
export function maySeeWalletsOf(principal: Principal, customerId: string): boolean {
  return ownerIs(principal, customerId) || hasScope(principal, 'wallet:read:any');
}

/**
 * As whom somebody may change a wallet's freeze; undefined for nobody who may. In their own wallet operators are its
 * owner: what another operator froze, they cannot lift.
 */
export function freezesAs(principal: Principal, wallet: Pick<Wallet, 'ownerId'>): FreezeOrigin | undefined {
  if (ownerIs(principal, wallet.ownerId)) return 'OWNER';
  return hasScope(principal, 'wallet:freeze:any') ? 'OPERATOR' : undefined;
}

import { hasScope, type Principal } from '@paygraph/auth';
import { currencyOf, formatAmount } from '@paygraph/money';
import { ownerIs } from '@paygraph/subgraph';
import type { Balance, Money } from '../generated/graphql.ts';
import type { AccountModel } from '../generated/prisma/models.ts';

/** An account as the books have it; amounts in minor units of its currency. */
export type Account = AccountModel;

/** Whether the principal may see what a wallet's account holds: its owner, staff who read all books, and services. */
export function mayRead(principal: Principal, account: Account): boolean {
  if (principal.kind === 'service' || hasScope(principal, 'ledger:read:any')) return true;
  return account.ownerId !== null && ownerIs(principal, account.ownerId);
}

/**
 * What an account holds, on its normal side. Available is what is posted less what is reserved to leave; what is
 * reserved to arrive is not available yet.
 */
export function balanceOf(account: Account): Balance {
  const { normalBalance, debitsPosted, creditsPosted, debitsPending, creditsPending } = account;
  const [grown, shrunk, growing, shrinking] =
    normalBalance === 'CREDIT'
      ? [creditsPosted, debitsPosted, creditsPending, debitsPending]
      : [debitsPosted, creditsPosted, debitsPending, creditsPending];
  const posted = grown - shrunk;
  return {
    posted: moneyOf(posted, account.currency),
    available: moneyOf(posted - shrinking, account.currency),
    pendingOut: moneyOf(shrinking, account.currency),
    pendingIn: moneyOf(growing, account.currency),
    version: account.version.toString(),
  };
}

/** An amount of minor units as the graph shows it. */
export function moneyOf(amount: bigint, currency: string): Money {
  return { amount: formatAmount({ amount, currency: currencyOf(currency) }), currency };
}

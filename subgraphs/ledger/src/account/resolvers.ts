import { hasScope } from '@paygraph/auth';
import { badUserInput, pageFrom, toConnection } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import { pastBalanceOf, statementOf } from '../entry/statement.ts';
import type { Resolvers } from '../generated/graphql.ts';
import { type Account, balanceOf, mayRead } from './account.ts';

export const accountResolvers: Resolvers = {
  Query: {
    ledgerAccounts: async (_parent, { filter, ...args }, { accounts }) => {
      const page = pageFrom(args);
      if (filter?.addressPrefix != null && !/^[\w/-]{1,64}$/.test(filter.addressPrefix))
        throw badUserInput('addressPrefix must be 1 to 64 letters, digits, `-`, `_` and `/`', [
          'filter',
          'addressPrefix',
        ]);
      return toConnection(await accounts.page(filter ?? {}, page), page, ({ id }) => [id]);
    },
  },

  Wallet: {
    __resolveReference: ({ id }) => ({ id }),
    balance: async ({ id }, _args, context) => {
      const account = await readableAccount(id, context);
      return account && balanceOf(account);
    },
    balanceAt: async ({ id }, { at }, context) => {
      const account = await readableAccount(id, context);
      return account && pastBalanceOf(account, at, context);
    },
    entries: async ({ id }, args, context) => {
      const account = await readableAccount(id, context);
      return account && statementOf(account, args, context);
    },
  },

  LedgerAccount: {
    __resolveReference: ({ id }, { principal, loaders }) =>
      hasScope(principal, 'ledger:read:any') ? loaders.accountById.load(id) : null,
    wallet: ({ walletId }) => (walletId === null ? null : { id: walletId }),
    balance: balanceOf,
    balanceAt: (account, { at }, context) => pastBalanceOf(account, at, context),
    entries: statementOf,
  },
};

/** The wallet's account; null when there is none and when it is not the principal's to see. */
export async function readableAccount(walletId: string, context: Context): Promise<Account | null> {
  const account = await context.loaders.accountByWallet.load(walletId);
  return account && mayRead(context.principal, account) ? account : null;
}

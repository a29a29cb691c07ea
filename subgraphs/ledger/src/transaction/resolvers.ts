import { hasScope } from '@paygraph/auth';
import { moneyOf } from '../account/account.ts';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/graphql.ts';
import type { Entry, Transaction } from './store.ts';

export const transactionResolvers: Resolvers = {
  Query: {
    ledgerTransaction: (_parent, { id }, { transactionById }) => transactionById.load(id),
  },

  Payment: {
    __resolveReference: ({ id }) => ({ id }),
    ledgerTransactions: ({ id }, _args, { transactionsByReference }) => transactionsByReference.load(id),
  },

  LedgerTransaction: {
    __resolveReference: ({ id }, { principal, transactionById }) =>
      hasScope(principal, 'ledger:read:any') ? transactionById.load(id) : null,
    sequence: ({ sequence }) => sequence.toString(),
    entries: ({ id }, _args, { entriesByTransaction }) => entriesByTransaction.load(id),
    reverses: ({ reverses }, _args, { transactionById }) => (reverses === null ? null : transactionById.load(reverses)),
    metadata: ({ metadata }) => ({ ...Object(metadata) }),
  },

  LedgerEntry: {
    id: ({ transactionId, position }) => `${transactionId}/${position}`,
    amount: async (entry, _args, context) => moneyOf(entry.amount, await currencyOf(entry, context)),
    balanceAfter: async (entry, _args, context) => moneyOf(entry.balance, await currencyOf(entry, context)),
    version: ({ version }) => version.toString(),
    kind: async (entry, _args, context) => (await transactionOf(entry, context)).kind,
    reference: async (entry, _args, context) => (await transactionOf(entry, context)).reference,
    account: ({ accountId }, _args, { accountById }) => accountById.load(accountId),
    transaction: ({ transactionId }, _args, { transactionById }) => transactionById.load(transactionId),
  },
};

async function currencyOf({ accountId }: Entry, { accountById }: Context): Promise<string> {
  const account = await accountById.load(accountId);
  if (!account) throw new Error(`There is no account ${accountId}, yet it has entries`);
  return account.currency;
}

async function transactionOf({ transactionId }: Entry, { transactionById }: Context): Promise<Transaction> {
  const transaction = await transactionById.load(transactionId);
  if (!transaction) throw new Error(`There is no transaction ${transactionId}, yet it has entries`);
  return transaction;
}

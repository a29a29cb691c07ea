import { hasScope } from '@paygraph/auth';
import { moneyOf } from '../account/account.ts';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/graphql.ts';
import type { Entry, Transaction } from './store.ts';

export const transactionResolvers: Resolvers = {
  Query: {
    ledgerTransaction: (_parent, { id }, { loaders }) => loaders.transactionById.load(id),
  },

  Payment: {
    __resolveReference: ({ id }) => ({ id }),
    ledgerTransactions: ({ id }, _args, { loaders }) => loaders.transactionsByReference.load(id),
  },

  LedgerTransaction: {
    __resolveReference: ({ id }, { principal, loaders }) =>
      hasScope(principal, 'ledger:read:any') ? loaders.transactionById.load(id) : null,
    sequence: ({ sequence }) => sequence.toString(),
    entries: ({ id }, _args, { loaders }) => loaders.entriesByTransaction.load(id),
    reverses: ({ reverses }, _args, { loaders }) => (reverses === null ? null : loaders.transactionById.load(reverses)),
    metadata: ({ metadata }) => ({ ...Object(metadata) }),
  },

  LedgerEntry: {
    id: ({ transactionId, position }) => `${transactionId}/${position}`,
    amount: async (entry, _args, context) => moneyOf(entry.amount, await currencyOf(entry, context)),
    balanceAfter: async (entry, _args, context) => moneyOf(entry.balance, await currencyOf(entry, context)),
    version: ({ version }) => version.toString(),
    kind: async (entry, _args, context) => (await transactionOf(entry, context)).kind,
    reference: async (entry, _args, context) => (await transactionOf(entry, context)).reference,
    account: ({ accountId }, _args, { loaders }) => loaders.accountById.load(accountId),
    transaction: ({ transactionId }, _args, { loaders }) => loaders.transactionById.load(transactionId),
  },
};

async function currencyOf({ accountId }: Entry, { loaders }: Context): Promise<string> {
  const account = await loaders.accountById.load(accountId);
  if (!account) throw new Error(`There is no account ${accountId}, yet it has entries`);
  return account.currency;
}

async function transactionOf({ transactionId }: Entry, { loaders }: Context): Promise<Transaction> {
  const transaction = await loaders.transactionById.load(transactionId);
  if (!transaction) throw new Error(`There is no transaction ${transactionId}, yet it has entries`);
  return transaction;
}

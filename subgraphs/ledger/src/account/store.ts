import type { Page } from '@paygraph/subgraph';
import type { LedgerAccountFilter } from '../generated/graphql.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { AccountWhereInput } from '../generated/prisma/models.ts';
import { canBeHeld } from '../held.ts';
import type { Account } from './account.ts';

export type AccountStore = ReturnType<typeof createAccountStore>;

/** Reads accounts. */
export function createAccountStore(database: PrismaClient) {
  return {
    byIds: (ids: readonly string[]): Promise<Account[]> =>
      database.account.findMany({ where: { id: { in: ids.filter(canBeHeld) } } }),

    byWalletIds: (walletIds: readonly string[]): Promise<Account[]> =>
      database.account.findMany({ where: { walletId: { in: walletIds.filter(canBeHeld) } } }),

    /** One row more than the page has, if there is one. Ids are in the order of opening: the primary key serves. */
    page: async (filter: LedgerAccountFilter, { limit, cursor, backward }: Page): Promise<Account[]> => {
      const [id] = cursor ?? [];
      const { ownerId, addressPrefix, rail, walletId } = filter;
      if (![ownerId, addressPrefix, rail, walletId, id].every((text) => canBeHeld(text ?? ''))) return [];
      return database.account.findMany({
        where: { AND: [whereOf(filter), id === undefined ? {} : { id: backward ? { lt: id } : { gt: id } }] },
        orderBy: { id: backward ? 'desc' : 'asc' },
        take: limit + 1,
      });
    },
  };
}

function whereOf(filter: LedgerAccountFilter): AccountWhereInput {
  const { ownerId, purposes, statuses, addressPrefix, currency, rail, walletId } = filter;
  return {
    ...(ownerId ? { ownerId } : {}),
    ...(purposes ? { purpose: { in: purposes } } : {}),
    ...(statuses ? { status: { in: statuses } } : {}),
    // A range and not LIKE: the index serves it in every plan, and nothing in it means anything.
    ...(addressPrefix ? { address: { gte: addressPrefix, lt: afterAllWith(addressPrefix) } } : {}),
    ...(currency ? { currency } : {}),
    ...(rail ? { rail } : {}),
    ...(walletId ? { walletId } : {}),
  };
}

/** The first text, by code points as the database compares, that comes after all which begin with the prefix. */
function afterAllWith(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}

import type { Resolvers, TrialBalance } from '../generated/graphql.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { AccountPurpose, EntryDirection } from '../generated/prisma/enums.ts';
import { groupBy } from '../group-by.ts';
import { moneyOf } from './account.ts';

/** The posted sums of all accounts of one purpose and currency, in minor units. */
export interface PurposeSums {
  readonly currency: string;
  readonly purpose: AccountPurpose;
  readonly normalBalance: EntryDirection;
  readonly debits: bigint;
  readonly credits: bigint;
}

export type TrialBalanceStore = ReturnType<typeof createTrialBalanceStore>;

/** Reads the sums of every currency and purpose in one statement, which is one snapshot. */
export function createTrialBalanceStore(database: PrismaClient) {
  return async (currency?: string): Promise<PurposeSums[]> => {
    const rows = await database.$queryRaw<
      (Omit<PurposeSums, 'debits' | 'credits'> & { debits: string; credits: string })[]
    >`
      SELECT currency, purpose, normal_balance AS "normalBalance",
        sum(debits_posted)::text AS debits, sum(credits_posted)::text AS credits
      FROM account
      WHERE ${currency ?? null}::text IS NULL OR currency = ${currency ?? null}
      GROUP BY currency, purpose, normal_balance
      ORDER BY currency, purpose
    `;
    return rows.map((row) => ({ ...row, debits: BigInt(row.debits), credits: BigInt(row.credits) }));
  };
}

/** The trial balance of every currency, in the order of the rows. */
export function trialBalancesOf(rows: readonly PurposeSums[]): TrialBalance[] {
  return [...groupBy(rows, ({ currency }) => currency)].map(([currency, purposes]) => {
    const debits = purposes.reduce((sum, purpose) => sum + purpose.debits, 0n);
    const credits = purposes.reduce((sum, purpose) => sum + purpose.credits, 0n);
    return {
      currency,
      debits: moneyOf(debits, currency),
      credits: moneyOf(credits, currency),
      balanced: debits === credits,
      purposes: purposes.map((sums) => ({
        purpose: sums.purpose,
        normalBalance: sums.normalBalance,
        debits: moneyOf(sums.debits, currency),
        credits: moneyOf(sums.credits, currency),
      })),
    };
  });
}

export const trialBalanceResolvers: Resolvers = {
  Query: {
    trialBalance: async (_parent, { currency }, context) =>
      trialBalancesOf(await context.trialBalance(currency ?? undefined)),
  },
};

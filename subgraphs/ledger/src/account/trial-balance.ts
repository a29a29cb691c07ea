import { badUserInput } from '@paygraph/subgraph';
import type { Resolvers, TrialBalance } from '../generated/graphql.ts';
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
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

/** Which trial balance: of one currency or of all, now or at the end of an instant's millisecond, as for balances. */
export interface TrialBalanceQuery {
  readonly currency?: string | undefined;
  readonly at?: Date | undefined;
}

/** Reads the sums of every currency and purpose in one statement, which is one snapshot. */
export function createTrialBalanceStore(database: PrismaClient) {
  return async (query: TrialBalanceQuery = {}): Promise<PurposeSums[]> => {
    const rows = await database.$queryRaw<
      (Omit<PurposeSums, 'debits' | 'credits'> & { debits: string; credits: string })[]
    >(trialBalanceSql(query));
    return rows.map((row) => ({ ...row, debits: BigInt(row.debits), credits: BigInt(row.credits) }));
  };
}

/** At an instant, the sums are those of now less what was posted since; what had no account then is left out. */
export function trialBalanceSql({ currency, at }: TrialBalanceQuery): Prisma.Sql {
  const since = at ? sumsSince(endOf(at)) : nothingSince;
  return Prisma.sql`
    SELECT currency, purpose, normal_balance AS "normalBalance",
      sum(debits_posted - coalesce(since.debits, 0))::text AS debits,
      sum(credits_posted - coalesce(since.credits, 0))::text AS credits
    FROM account LEFT JOIN (${since}) AS since USING (number)
    WHERE (${currency ?? null}::text IS NULL OR currency = ${currency ?? null})
      AND created_at < ${at ? endOf(at).toISOString() : 'infinity'}::timestamptz
    GROUP BY currency, purpose, normal_balance
    ORDER BY currency, purpose
  `;
}

/** Of an instant's millisecond. */
const endOf = (at: Date) => new Date(at.getTime() + 1);

const nothingSince = Prisma.sql`SELECT NULL::bigint AS number, 0 AS debits, 0 AS credits WHERE false`;

/** What was posted on each account from an instant on: one range of the transactions' key, in the months from there. */
function sumsSince(instant: Date): Prisma.Sql {
  return Prisma.sql`
    SELECT number, sum(amount) FILTER (WHERE direction = 'DEBIT') AS debits,
      sum(amount) FILTER (WHERE direction = 'CREDIT') AS credits
    FROM transaction CROSS JOIN LATERAL unnest(account_numbers, directions, amounts) AS line (number, direction, amount)
    WHERE sequence > sequence_before(${instant.toISOString()}::timestamptz)
      AND posted_at >= ${instant.toISOString()}::timestamptz
    GROUP BY number
  `;
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
    trialBalance: async (_parent, { currency, at }, context) => {
      if (at && at.getTime() > Date.now()) throw badUserInput('at must not be in the future', ['at']);
      if (at && !(await context.isAtHand(endOf(at))))
        throw badUserInput('at must not be before the history at hand', ['at']);
      return trialBalancesOf(await context.trialBalance({ currency: currency ?? undefined, at: at ?? undefined }));
    },
  },
};

import { createLoader } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { dayOf, monthOf } from './day.ts';

/** What is taken of a wallet's limits today and this month, in minor units. */
export interface Usage {
  readonly walletId: string;
  readonly today: bigint;
  readonly thisMonth: bigint;
}

export type UsageLoader = DataLoader<string, Usage | null>;

/** Loads by wallet what is taken, with one query a request; null where nothing was this month. */
export function createUsageLoader(prisma: PrismaClient, now: Date): UsageLoader {
  const taken = (ids: readonly string[]) => prisma.$queryRaw<Usage[]>`
    SELECT month.wallet_id AS "walletId", coalesce(today.taken, 0) AS today, month.taken AS "thisMonth"
    FROM monthly_usage AS month
    LEFT JOIN limit_usage AS today ON today.wallet_id = month.wallet_id AND today.day = ${dayOf(now)}::date
    WHERE month.wallet_id = ANY (${[...ids]}::text[]) AND month.month = ${monthOf(now)}::date
  `;
  return createLoader<Usage>(taken, ({ walletId }) => walletId);
}

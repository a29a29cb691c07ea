import type { PrismaClient } from '../generated/prisma/client.ts';

/** Whether all that was posted from an instant on is at hand: not if months after it were detached. */
export type IsAtHand = (from: Date) => Promise<boolean>;

/** Looks where the history at hand begins. */
export function createHistoryReader(database: PrismaClient): IsAtHand {
  return async (from) => {
    const [start] = await database.$queryRaw<{ isAtHand: boolean }[]>`
      SELECT since <= ${from.toISOString()}::timestamptz AS "isAtHand" FROM history_start`;
    return start?.isAtHand ?? false;
  };
}

/** The same for one account: nothing was posted to it before it was opened. */
export function isAccountAtHand({ createdAt }: { readonly createdAt: Date }, from: Date, isAtHand: IsAtHand) {
  return isAtHand(from < createdAt ? createdAt : from);
}

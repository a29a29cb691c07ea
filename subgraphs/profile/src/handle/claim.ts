import type { Prisma } from '../generated/prisma/client.ts';
import { handleQuarantineMs, skeletonOf } from './handle.ts';

/** The handle, or one that looks like it, is or lately was somebody else's: whatever was to come with it is undone. */
export class HandleTakenError extends Error {
  override readonly name = 'HandleTakenError';
}

/**
 * Makes a handle, and all that look like it, somebody's: inside the transaction that writes it down.
 * @throws HandleTakenError
 */
export async function claimHandle(
  transaction: Prisma.TransactionClient,
  { customerId, handle, now }: { readonly customerId: string; readonly handle: string; readonly now: Date },
): Promise<void> {
  const lapsed = new Date(now.getTime() - handleQuarantineMs);
  const claimed = await transaction.$executeRaw`
    INSERT INTO handle_claim AS claim (skeleton, customer_id) VALUES (${skeletonOf(handle)}, ${customerId})
    ON CONFLICT (skeleton) DO UPDATE SET customer_id = EXCLUDED.customer_id, released_at = NULL
    WHERE claim.customer_id = EXCLUDED.customer_id OR claim.released_at <= ${lapsed}::timestamptz
  `;
  if (claimed === 0) throw new HandleTakenError('The handle belongs to somebody else');
}

/** Gives up what handles somebody has, inside a transaction: they are nobody else's for a while. */
export async function releaseHandles(
  transaction: Prisma.TransactionClient,
  { customerId, now }: { readonly customerId: string; readonly now: Date },
): Promise<void> {
  await transaction.handleClaim.updateMany({ where: { customerId, releasedAt: null }, data: { releasedAt: now } });
}

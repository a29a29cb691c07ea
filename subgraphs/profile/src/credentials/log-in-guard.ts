import { createHash } from 'node:crypto';
import type { PrismaClient } from '../generated/prisma/client.ts';

const maxFailures = 10;
const minutes = 15;

/** Stands between guessers and the passwords of one address, whether or not the address is anybody's. */
export interface LogInGuard {
  /** Whether the address is locked: saves verifying a password whose outcome would not be told. */
  isLocked(email: string, now: Date): Promise<boolean>;
  /**
   * Counts an attempt after its password was verified, and says whether its outcome may be told. Ten failures within
   * fifteen minutes lock the address for fifteen minutes; a success forgets them. However many attempts run at once,
   * they are counted one by one, so that no more than ten failures are ever told.
   */
  admits(email: string, attempt: { readonly succeeded: boolean; readonly at: Date }): Promise<boolean>;
  /** Forgets what no attempt depends on any more. */
  forget(now: Date): Promise<void>;
}

export function createLogInGuard(prisma: PrismaClient): LogInGuard {
  return {
    async isLocked(email, now) {
      const where = { addressHash: hashOf(email), lockedUntil: { gt: now } };
      return (await prisma.logInGuard.count({ where })) > 0;
    },

    async admits(email, { succeeded, at }) {
      const told = await prisma.$executeRaw`
        INSERT INTO log_in_guard AS guard (address_hash, failures, last_attempt_at)
        VALUES (${hashOf(email)}, CASE WHEN ${succeeded} THEN '{}' ELSE ARRAY[${at}::timestamptz] END, ${at})
        ON CONFLICT (address_hash) DO UPDATE SET
          (failures, locked_until, last_attempt_at) = (
            SELECT
              CASE WHEN cardinality(failures) < ${maxFailures} THEN failures ELSE '{}' END,
              CASE WHEN cardinality(failures) < ${maxFailures} THEN NULL
                   ELSE ${at}::timestamptz + make_interval(mins => ${minutes}) END,
              ${at}::timestamptz
            FROM (
              SELECT CASE WHEN ${succeeded} THEN '{}' ELSE array(
                SELECT failure FROM unnest(guard.failures) AS failure
                WHERE failure > ${at}::timestamptz - make_interval(mins => ${minutes})
              ) || ${at}::timestamptz END AS failures
            ) AS recent
          )
        WHERE guard.locked_until IS NULL OR guard.locked_until <= ${at}
      `;
      return told === 1;
    },

    async forget(now) {
      const lastAttemptAt = { lt: new Date(now.getTime() - minutes * 60_000) };
      await prisma.logInGuard.deleteMany({ where: { lastAttemptAt } });
    },
  };
}

function hashOf(email: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(email).digest());
}

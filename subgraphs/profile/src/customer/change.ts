import { postgresError } from '@paygraph/database';
import { isId } from '@paygraph/ids';
import type { Clock } from '@paygraph/service';
import { displayText } from '@paygraph/subgraph';
import { isValidPhoneNumber } from 'libphonenumber-js';
import type { ChangeHandleErrorCode, ChangePhoneErrorCode, SetCustomerTierErrorCode } from '../generated/graphql.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { claimHandle, HandleTakenError, releaseHandles } from '../handle/claim.ts';
import { checkHandle, handleCooldownMs } from '../handle/handle.ts';
import type { Customer } from './customer.ts';
import type { KycTier } from './tier.ts';

type Refused<Code> = { readonly kind: 'refused'; readonly code: Code };
export type Change<Code> = { readonly kind: 'changed' } | Refused<Code>;

export interface TierDecision {
  readonly customerId: string;
  readonly tier: KycTier;
  readonly reason: string;
  /** Who decides: `cus_…`. */
  readonly actorId: string;
}

/** What may change of a person once they are registered. */
export interface CustomerChanges {
  /** Gives the person another handle, at most once in 30 days; the first is free. */
  handle(customerId: string, handle: string): Promise<Change<ChangeHandleErrorCode>>;
  /** Sets or withdraws the number in E.164 that the person may be paid by once it is verified; the same again changes nothing. */
  phone(customerId: string, phone: string | null): Promise<Change<ChangePhoneErrorCode>>;
  /** Puts the person into a tier, and keeps who did and why in the same statement. */
  tier(decision: TierDecision): Promise<Change<SetCustomerTierErrorCode>>;
}

const changed = { kind: 'changed' } as const;
const mostReason = 200;

export function createCustomerChanges(prisma: PrismaClient, clock: Clock): CustomerChanges {
  const writeHandle = (customerId: string, handle: string) =>
    prisma.$transaction(async (transaction) => {
      const now = clock();
      const cooled = new Date(now.getTime() - handleCooldownMs);
      // Locks the row, so that of two changes at once the second sees the first.
      const written = await transaction.$executeRaw`
        UPDATE customer SET handle = ${handle}, handle_changed_at = CASE WHEN handle IS NOT NULL THEN ${now}::timestamptz END
        WHERE id = ${customerId} AND (handle_changed_at IS NULL OR handle_changed_at <= ${cooled}::timestamptz)
      `;
      if (written === 0) return refused('CHANGED_RECENTLY');
      await releaseHandles(transaction, { customerId, now });
      await claimHandle(transaction, { customerId, handle, now });
      return changed;
    });

  return {
    async handle(customerId, text) {
      const checked = checkHandle(text);
      if (checked.kind === 'refused') return checked;
      const current = await prisma.customer.findUniqueOrThrow({ where: { id: customerId }, select: { handle: true } });
      if (current.handle === checked.handle) return changed;
      try {
        return await writeHandle(customerId, checked.handle);
      } catch (error) {
        if (error instanceof HandleTakenError || isUniqueViolation(error)) return refused('HANDLE_TAKEN');
        throw error;
      }
    },

    async phone(customerId, phone) {
      if (phone !== null && !isValidPhoneNumber(phone)) return refused('PHONE_INVALID');
      await prisma.$executeRaw`
        UPDATE customer SET phone = ${phone}, phone_verified_at = NULL
        WHERE id = ${customerId} AND phone IS DISTINCT FROM ${phone}`;
      return changed;
    },

    async tier({ customerId, tier, actorId, ...decision }) {
      const reason = displayText(decision.reason, mostReason);
      if (!reason) return refused('REASON_INVALID');
      if (customerId === actorId) return refused('OWN_TIER');
      if (!isId('cus', customerId)) return refused('CUSTOMER_NOT_FOUND');
      const [found] = await prisma.$queryRaw<object[]>`
        WITH before AS MATERIALIZED (SELECT id, tier FROM customer WHERE id = ${customerId} FOR NO KEY UPDATE),
        changed AS (
          UPDATE customer SET tier = ${tier}::kyc_tier FROM before
          WHERE customer.id = before.id AND before.tier <> ${tier}::kyc_tier
        ),
        kept AS (
          INSERT INTO tier_change (customer_id, from_tier, to_tier, reason, actor_id, at)
          SELECT id, tier, ${tier}::kyc_tier, ${reason}, ${actorId}, ${clock()}::timestamptz
          FROM before WHERE tier <> ${tier}::kyc_tier
        )
        SELECT id FROM before
      `;
      return found ? changed : refused('CUSTOMER_NOT_FOUND');
    },
  };
}

/** From when on the handle may be changed; null when it may be changed now. */
export function handleChangeableAt({ handleChangedAt }: Pick<Customer, 'handleChangedAt'>, now: Date): Date | null {
  if (handleChangedAt === null) return null;
  const at = new Date(handleChangedAt.getTime() + handleCooldownMs);
  return at > now ? at : null;
}

function refused<Code extends string>(code: Code): Refused<Code> {
  return { kind: 'refused', code };
}

function isUniqueViolation(error: unknown): boolean {
  return postgresError(error)?.code === '23505';
}

import type { PrismaClient } from '../generated/prisma/client.ts';
import type { ContactKind } from '../generated/prisma/enums.ts';
import { type Contact, codeMemoryMs, codeRules, hashOfAddress, windowsAt } from './contact.ts';

/** A code that may be tried: this try is counted already. */
export interface TriedCode {
  readonly kind: 'tried';
  readonly id: bigint;
  readonly codeHash: string;
}

export type Standing = TriedCode | { readonly kind: 'EXPIRED' | 'TOO_MANY_ATTEMPTS' };

export interface ContactCodes {
  /** Notes a code that is about to be sent, unless too many were; decided under locks, however many ask at once. */
  note(customerId: string, contact: Contact, codeHash: string, now: Date): Promise<'noted' | 'TOO_MANY_CODES'>;
  /** Counts a try of the latest code, before it is known whether it is right: no code is ever tried more than five times. */
  take(customerId: string, kind: ContactKind, now: Date): Promise<Standing>;
  /**
   * Uses a code up and marks the contact as verified, if it is still the person's. A number that somebody else had proved
   * is theirs no longer: it reaches this person now.
   */
  verify(customerId: string, contact: Contact, codeId: bigint, now: Date): Promise<'verified' | 'EXPIRED'>;
  /** Removes codes that nothing depends on any more. */
  forget(now: Date): Promise<void>;
}

interface Counts {
  readonly recent: number;
  readonly toAddress: number;
  readonly toPerson: number;
}

export function createContactCodes(prisma: PrismaClient): ContactCodes {
  return {
    note: (customerId, contact, codeHash, now) =>
      prisma.$transaction(async (transaction) => {
        const { pause, hour, day } = windowsAt(now);
        const addressHash = hashOfAddress(contact);
        await transaction.$executeRaw`SELECT FROM customer WHERE id = ${customerId} FOR NO KEY UPDATE`;
        await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${lockOf(addressHash)})`;
        // A statement of its own: its snapshot is younger than the locks.
        const [counts] = await transaction.$queryRaw<[Counts]>`
          SELECT
            count(*) FILTER (
              WHERE customer_id = ${customerId} AND kind = ${contact.kind}::contact_kind AND sent_at > ${pause}
            )::int AS "recent",
            count(*) FILTER (WHERE address_hash = ${addressHash} AND sent_at > ${hour})::int AS "toAddress",
            count(*) FILTER (WHERE customer_id = ${customerId})::int AS "toPerson"
          FROM contact_code
          WHERE (customer_id = ${customerId} OR address_hash = ${addressHash}) AND sent_at > ${day}`;
        const { recent, toAddress, toPerson } = counts;
        if (recent > 0 || toAddress >= codeRules.perAddressAndHour || toPerson >= codeRules.perPersonAndDay)
          return 'TOO_MANY_CODES';
        const expiresAt = new Date(now.getTime() + codeRules.lifeMs);
        const { kind } = contact;
        await transaction.contactCode.create({
          data: { customerId, kind, addressHash, codeHash, sentAt: now, expiresAt },
        });
        return 'noted';
      }),

    async take(customerId, kind, now) {
      const latest = await prisma.contactCode.findFirst({ where: { customerId, kind }, orderBy: { id: 'desc' } });
      if (!latest || latest.usedAt !== null || latest.expiresAt <= now) return { kind: 'EXPIRED' };
      const { id, codeHash } = latest;
      const counted = await prisma.contactCode.updateMany({
        where: { id, usedAt: null, attempts: { lt: codeRules.tries } },
        data: { attempts: { increment: 1 } },
      });
      return counted.count === 0 ? { kind: 'TOO_MANY_ATTEMPTS' } : { kind: 'tried', id, codeHash };
    },

    verify: (customerId, contact, codeId, now) =>
      prisma.$transaction(async (transaction) => {
        const { kind, address } = contact;
        const addressHash = hashOfAddress(contact);
        await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${lockOf(addressHash)})`;
        const used = await transaction.contactCode.updateMany({
          where: { id: codeId, customerId, addressHash, usedAt: null },
          data: { usedAt: now },
        });
        if (used.count === 0) return 'EXPIRED';
        if (kind === 'EMAIL') {
          const where = { id: customerId, email: address };
          const verified = await transaction.customer.updateMany({ where, data: { emailVerifiedAt: now } });
          return verified.count === 1 ? 'verified' : 'EXPIRED';
        }
        await transaction.customer.updateMany({
          where: { phone: address, phoneVerifiedAt: { not: null }, id: { not: customerId } },
          data: { phoneVerifiedAt: null },
        });
        const where = { id: customerId, phone: address };
        const verified = await transaction.customer.updateMany({ where, data: { phoneVerifiedAt: now } });
        return verified.count === 1 ? 'verified' : 'EXPIRED';
      }),

    async forget(now) {
      await prisma.contactCode.deleteMany({ where: { sentAt: { lt: new Date(now.getTime() - codeMemoryMs) } } });
    },
  };
}

/** A lock for everything about one address. */
function lockOf(addressHash: Uint8Array): bigint {
  return Buffer.from(addressHash).readBigInt64BE();
}

import type { PrismaClient } from '../generated/prisma/client.ts';

/** The first day of the month (UTC) so many after the present one. */
export function monthAfter(months: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months));
}

/** Has the books go on from an instant to come, as if everything up to it had passed: posting time never goes back. */
export async function passTo(owner: PrismaClient, instant: Date): Promise<void> {
  await owner.$transaction([
    owner.$executeRaw`ALTER TABLE ledger_head DISABLE TRIGGER USER`,
    owner.$executeRaw`UPDATE ledger_head SET posted_at = ${instant.toISOString()}::timestamptz`,
    owner.$executeRaw`ALTER TABLE ledger_head ENABLE TRIGGER USER`,
  ]);
}

/** Detaches, or attaches, the month (UTC) that an instant is in. */
export async function detachMonth(owner: PrismaClient, month: Date): Promise<void> {
  await owner.$executeRaw`SELECT detach_month(${month.toISOString()}::date)`;
}

export async function attachMonth(owner: PrismaClient, month: Date): Promise<void> {
  await owner.$executeRaw`SELECT attach_month(${month.toISOString()}::date)`;
}

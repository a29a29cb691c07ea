import { type Database, openDatabase } from '../database.ts';
import { type Payment, paymentFrom } from '../payment/payment.ts';
import { type Attempt, attemptFrom, isOpen } from '../rails/attempt.ts';
import { type Refund, refundFrom } from '../refund/refund.ts';
import { settlementFrom } from '../settlement/settlement.ts';
import { itemFrom, type SuspenseItem } from '../suspense/item.ts';
import { type DuePosting, duePostings, type Records } from './postings.ts';

export interface Audit extends Records {
  /** Everything that the books must hold of payments, refunds, settlements and what lies in suspense. */
  readonly postings: readonly DuePosting[];
  /** What must not be once everything has come to rest, one line each; empty when all is well. */
  readonly troubles: readonly string[];
}

/** Reads a payment database whole and says what the books must hold, and what is amiss. For the end of a test. */
export async function auditPayments(databaseUrl: string): Promise<Audit> {
  const database = openDatabase(databaseUrl);
  try {
    const order = { orderBy: { id: 'asc' } } as const;
    const payments = (await database.payment.findMany(order)).map(paymentFrom);
    const attempts = (await database.paymentAttempt.findMany(order)).map(attemptFrom);
    const refunds = (await database.paymentRefund.findMany(order)).map(refundFrom);
    const items = (await database.suspenseItem.findMany(order)).map(itemFrom);
    const settlements = (await database.railSettlement.findMany(order)).map(settlementFrom);
    const records = { payments, attempts, refunds, items, settlements };
    const lists = await Promise.all([leasesAtRest(database), debts(database), brokenTimelines(database)]);
    const troubles = [...lists.flat(), ...unfinished(records), ...refundedInVain(payments, refunds)];
    return { ...records, postings: duePostings(records), troubles };
  } finally {
    await database.$disconnect();
  }
}

/** What still moves though nobody is to wait for it. */
function unfinished({ attempts, refunds, items, settlements }: Records): string[] {
  return [
    ...attempts.filter(isOpen).map(({ id, rail, state }) => `${id} over ${rail} is still ${state}`),
    ...attempts.flatMap(({ id, chargeDueAt }) => (chargeDueAt ? [`the charge of ${id} is not in the books`] : [])),
    ...attempts.flatMap(({ id, contradictedAt }) =>
      contradictedAt ? [`the rail contradicts itself about ${id}`] : [],
    ),
    ...refunds.filter(isUnderWay).map(({ id, state }) => `${id} is still ${state}`),
    ...items.filter(isOnItsWay).map(({ id, state }) => `${id} is still ${state}`),
    ...settlements.flatMap(({ id, bookedAt }) => (bookedAt === null ? [`${id} is not in the books`] : [])),
    ...secondCarriers(attempts),
  ];
}

/** Money that left, or came, twice for one thing and is nowhere accounted for a second time. */
function secondCarriers(attempts: readonly Attempt[]): string[] {
  const carried = attempts.filter(({ state, direction }) => direction === 'PAYOUT' && state === 'CONFIRMED');
  const twice = carried.filter((one, index) => carried.findIndex((other) => other.subjectId === one.subjectId) < index);
  return twice.map(({ subjectId }) => `${subjectId} was paid out twice`);
}

/** A payment says of its refunds what they say themselves. */
function refundedInVain(payments: readonly Payment[], refunds: readonly Refund[]): string[] {
  return payments.flatMap((payment) => {
    const own = refunds.filter(({ paymentId }) => paymentId === payment.id);
    const total = (those: readonly Refund[]) => those.reduce((sum, { amount }) => sum + amount.amount, 0n);
    const paid = total(own.filter(({ state }) => state === 'SUCCEEDED'));
    const asked = total(own.filter(({ state }) => state !== 'FAILED'));
    return paid === payment.refunded && asked === payment.refundsAsked
      ? []
      : [`${payment.id} says ${payment.refunded} of ${payment.refundsAsked} refunded, its refunds ${paid} of ${asked}`];
  });
}

function isUnderWay({ state }: Refund): boolean {
  return state === 'PENDING' || state === 'PROCESSING';
}

function isOnItsWay({ state }: SuspenseItem): boolean {
  return state === 'INCOMING' || state === 'RELEASING' || state === 'RETURNING';
}

/** Payments that nobody needs to work on and somebody still has in hand. */
async function leasesAtRest(database: Database): Promise<string[]> {
  const rows = await database.payment.findMany({
    where: {
      state: { in: ['CONFIRMED', 'FAILED', 'EXPIRED', 'CANCELLED', 'REFUNDED'] },
      OR: [{ leaseOwner: { not: null } }, { leaseUntil: { not: null } }],
    },
  });
  return rows.map(({ id, state, leaseOwner }) => `${id} is ${state} and still leased to ${leaseOwner}`);
}

async function debts(database: Database): Promise<string[]> {
  const rows = await database.paymentCompensation.findMany({ where: { acknowledgedAt: null } });
  return rows.map(({ paymentId, action, attempts }) => `${paymentId} still owes ${action} after ${attempts} tries`);
}

/** Each step begins in the state that the one before entered, and the numbers have no gaps. */
async function brokenTimelines(database: Database): Promise<string[]> {
  const rows = await database.$queryRaw<{ readonly id: string; readonly sequence: number }[]>`
    SELECT payment_id AS id, sequence
    FROM (
      SELECT *, lag(to_state) OVER steps AS previous, row_number() OVER steps AS place
      FROM payment_timeline
      WINDOW steps AS (PARTITION BY payment_id ORDER BY sequence)
    ) AS timeline
    WHERE sequence <> place OR from_state IS DISTINCT FROM previous`;
  return rows.map(({ id, sequence }) => `${id} has a timeline that is broken at step ${sequence}`);
}

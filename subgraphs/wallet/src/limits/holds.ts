import type { Money } from '@paygraph/money';
import type { LimitHoldErrorCode, LimitHoldStatus } from '../generated/graphql.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Limits } from './limit-table.ts';
import * as statements from './statements.ts';

/** What one payment asks of a wallet's limits. */
export interface HoldRequest {
  /** `pay_…` */
  readonly paymentId: string;
  /** `wal_…` */
  readonly walletId: string;
  /** What leaves, fees included; above zero. */
  readonly amount: Money;
  /** The limits of the amount's currency in the tier of the wallet's owner. */
  readonly limits: Limits;
}

export interface HoldResult {
  readonly paymentId: string;
  readonly status: LimitHoldStatus;
  /** Set when refused. */
  readonly code: LimitHoldErrorCode | null;
}

/** Holds on wallets' daily and monthly limits: one per payment. Every command may be repeated. Results in the order given. */
export interface LimitHolds {
  /** Takes what fits from the limits of a day (UTC) and its month, each request judged alone and in order. Refusals leave no trace. */
  reserve(requests: readonly HoldRequest[], day: Date): Promise<HoldResult[]>;
  /**
   * Keeps for good what confirmed payments hold.
   * @param captured what was captured of those captured in part, in minor units, fees included; the rest is given back
   */
  use(paymentIds: readonly string[], at: Date, captured?: ReadonlyMap<string, bigint>): Promise<HoldResult[]>;
  /** Gives back what payments hold, to the day it was taken from; without a hold they can never get one. */
  release(paymentIds: readonly string[], at: Date): Promise<HoldResult[]>;
  /** Up to `limit` payments whose holds were live before that time, in the order of ids, after `after`. */
  liveSince(before: Date, after: string, limit: number): Promise<string[]>;
}

/** A row of `statements.judge`: null where somebody else decided on the payment at the same moment. */
interface Judgement {
  readonly paymentId: string;
  readonly status: LimitHoldStatus | null;
  readonly code: LimitHoldErrorCode | null;
}

export function createLimitHolds(prisma: PrismaClient): LimitHolds {
  /** The requests are for different payments. */
  const judge = (requests: readonly HoldRequest[], day: Date) =>
    prisma.$queryRaw<Judgement[]>(statements.judge(requests, day));

  const standings = async (paymentIds: readonly string[]) => {
    const holds = await prisma.limitHold.findMany({
      where: { paymentId: { in: [...paymentIds] } },
      select: { paymentId: true, status: true },
    });
    return new Map(holds.map(({ paymentId, status }) => [paymentId, status]));
  };

  return {
    async reserve(requests, day) {
      const results = new Map<number, HoldResult>();
      let waiting = [...requests.entries()];
      while (waiting.length > 0) {
        const round = firstOfEachPayment(waiting);
        const judged = settled(
          await judge(
            round.map(([, request]) => request),
            day,
          ),
        );
        for (const [index, [place]] of round.entries()) {
          const result = judged[index];
          if (result) results.set(place, result);
        }
        waiting = waiting.filter(([place]) => !results.has(place));
      }
      return requests.flatMap((_request, place) => results.get(place) ?? []);
    },

    async use(paymentIds, at, captured = new Map()) {
      await prisma.$transaction([
        ...(captured.size > 0 ? [prisma.$executeRaw(statements.lockMonthsOfHolds([...captured.keys()]))] : []),
        prisma.$executeRaw(statements.use(paymentIds, at, captured)),
      ]);
      const standing = await standings(paymentIds);
      return paymentIds.map((paymentId) => {
        const status = standing.get(paymentId);
        if (status === undefined) return { paymentId, status: 'REFUSED', code: 'HOLD_NOT_FOUND' };
        if (status === 'RELEASED') return { paymentId, status: 'REFUSED', code: 'HOLD_RELEASED' };
        // More was captured than is held.
        if (status === 'HELD') return { paymentId, status: 'REFUSED', code: 'HOLD_CONFLICT' };
        return { paymentId, status, code: null };
      });
    },

    async release(paymentIds, at) {
      // On its own, so that from here on each payment has a row, whose counter, if any, never changes.
      await prisma.$executeRaw(statements.insertTombstones(paymentIds, at));
      await prisma.$transaction([
        prisma.$executeRaw(statements.lockMonthsOfHolds(paymentIds)),
        prisma.$executeRaw(statements.release(paymentIds, at)),
      ]);
      const standing = await standings(paymentIds);
      return paymentIds.map((paymentId) => ({ paymentId, status: standing.get(paymentId) ?? 'RELEASED', code: null }));
    },

    /** Relies on limit_hold_live_idx. */
    async liveSince(before, after, limit) {
      const rows = await prisma.$queryRaw<{ id: string }[]>`
        SELECT payment_id AS id FROM limit_hold
        WHERE status = 'HELD' AND payment_id > ${after} AND created_at < ${before}::timestamptz
        ORDER BY payment_id LIMIT ${limit}
      `;
      return rows.map(({ id }) => id);
    },
  };
}

/** One statement can judge a payment once: a repetition waits for the answer to the first. */
function firstOfEachPayment(waiting: readonly [number, HoldRequest][]): [number, HoldRequest][] {
  const seen = new Set<string>();
  return waiting.filter(([, { paymentId }]) => !seen.has(paymentId) && seen.add(paymentId));
}

/**
 * What of the judgements is final. A payment that somebody else decided on at the same moment is judged again, and so is
 * whoever found no room, of which that payment may have seemed to take some.
 */
function settled(judgements: readonly Judgement[]): (HoldResult | undefined)[] {
  const raced = judgements.some(({ status }) => status === null);
  return judgements.map(({ paymentId, status, code }) => {
    const foundNoRoom = code === 'DAILY_LIMIT_EXCEEDED' || code === 'MONTHLY_LIMIT_EXCEEDED';
    if (status === null || (raced && foundNoRoom)) return undefined;
    return { paymentId, status, code };
  });
}

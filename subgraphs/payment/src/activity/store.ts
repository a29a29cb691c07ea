import type { Database } from '../database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { conditionsOf, seenBy } from '../payment/conditions.ts';
import { type Audience, isImpossible, type PaymentSelection } from '../payment/selection.ts';
import { stepFrom, type TimelineStep } from '../timeline/timeline.ts';

/** A step with its place among those of all payments. */
export interface Activity {
  readonly position: number;
  readonly step: TimelineStep;
}

/** Whom a step concerns, beside staff. */
export interface Concern {
  readonly position: number;
  readonly payerId: string | null;
  readonly payeeId: string | null;
}

/** What of a stretch of positions somebody is to be given. */
export interface Stretch {
  readonly activities: readonly Activity[];
  /** All up to this position that are theirs are in `activities`. */
  readonly readTo: number;
  /** Whether that is the last position there is. */
  readonly isAll: boolean;
}

export interface ActivityStore {
  /** The last position given; 0 before the first. */
  latest(): Promise<number>;
  /** Up to `limit` of what an audience sees of a selection after a position, of the next ten thousand positions. */
  after(position: number, audience: Audience, selection: PaymentSelection, limit: number): Promise<Stretch>;
  /** Whom the next up to `limit` positions concern. */
  concerns(after: number, limit: number): Promise<Concern[]>;
  /** How many steps wait for their position, and how long in ms the first of them has. */
  backlog(): Promise<{ readonly steps: number; readonly ageMs: number }>;
}

/** How many positions one statement goes through, so that a filter that nothing fulfils costs many small ones. */
const stretch = 10_000;

/** The state that a step enters. */
const entered = Prisma.sql`t.to_state`;

export function createActivityStore(database: Database): ActivityStore {
  const latest = async () => {
    const [row] = await database.$queryRaw<{ position: bigint }[]>`
      SELECT coalesce(max(position), 0) AS position FROM payment_relay`;
    return Number(row?.position ?? 0);
  };

  return {
    latest,

    async after(position, audience, selection, limit) {
      const last = await latest();
      const end = Math.min(last, position + stretch);
      if (end <= position || isImpossible(selection)) return { activities: [], readTo: last, isAll: true };
      const rows = await database.$queryRaw<(StepColumns & { readonly position: bigint })[]>`
        SELECT r.position, t.payment_id AS "paymentId", t.sequence, t.from_state AS "from", t.to_state AS state, t.reason, t.at
        FROM payment_relay r
        JOIN payment_timeline t ON t.payment_id = r.payment_id AND t.sequence = r.sequence
        JOIN payment p ON p.id = r.payment_id
        WHERE r.position > ${position}::bigint AND r.position <= ${end}::bigint
          AND ${seenBy(audience, entered)} AND ${conditionsOf(audience, selection, entered)}
        ORDER BY r.position
        LIMIT ${limit}`;
      const activities = rows.map((row) => ({ position: Number(row.position), step: stepFrom(row) }));
      const readTo = rows.length < limit ? end : (activities.at(-1)?.position ?? end);
      return { activities, readTo, isAll: readTo >= last };
    },

    async concerns(after, limit) {
      const rows = await database.$queryRaw<(Omit<Concern, 'position'> & { readonly position: bigint })[]>`
        SELECT r.position, p.payer_customer_id AS "payerId", p.payee_customer_id AS "payeeId"
        FROM payment_relay r
        JOIN payment p ON p.id = r.payment_id
        WHERE r.position > ${after}::bigint
        ORDER BY r.position
        LIMIT ${limit}`;
      return rows.map((row) => ({ ...row, position: Number(row.position) }));
    },

    async backlog() {
      const [row] = await database.$queryRaw<{ steps: bigint; age: number | null }[]>`
        SELECT count(*) AS steps, extract(epoch FROM clock_timestamp() - min(at))::float8 AS age FROM payment_relay_queue`;
      return { steps: Number(row?.steps ?? 0), ageMs: (row?.age ?? 0) * 1_000 };
    },
  };
}

type StepColumns = Parameters<typeof stepFrom>[0];

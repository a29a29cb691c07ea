import type { Page } from '@paygraph/subgraph';
import { attemptColumns, milliseconds, type Transaction } from '../database.ts';
import type { RailAttemptAttention } from '../generated/graphql.ts';
import { type PaymentAttempt as AttemptRow, Prisma } from '../generated/prisma/client.ts';
import { type Attempt, attemptFrom } from './attempt.ts';
import type { RailTuning } from './tuning.ts';

/** Why people should look at an attempt. */
export interface Attention {
  readonly attemptId: string;
  readonly reason: RailAttemptAttention;
}

/** How many attempts over a rail want people for a reason. */
export interface AttentionCount {
  readonly rail: string;
  readonly reason: RailAttemptAttention;
  readonly count: number;
}

export interface AttentionFilter {
  readonly rail: string | null;
  readonly reasons: readonly RailAttemptAttention[] | null;
}

/** More than these are not counted. */
const countedAtMost = 10_000;

export interface AttentionStore {
  /** Of these attempts those that want people, and why. */
  of(ids: readonly string[]): Promise<Attention[]>;
  /** One row more than the page holds of those that want people, oldest first (newest first for a backward page). */
  page(filter: AttentionFilter, page: Page): Promise<Attempt[]>;
  /** What there is of them; counts to 10,000 in all. */
  counts(): Promise<AttentionCount[]>;
}

/** Says which attempts want people, and why: by the state that each is in, so that nothing is written for it. */
export function createAttention(
  database: Transaction,
  tuning: Pick<RailTuning, 'doubtMs' | 'undecidedMs'>,
): AttentionStore {
  const reason = reasonOf(tuning);
  return {
    of: (ids) => database.$queryRaw<Attention[]>`
      SELECT * FROM (SELECT a.id AS "attemptId", ${reason} AS reason FROM payment_attempt a WHERE a.id = ANY(${[...ids]}::text[])) r
      WHERE reason IS NOT NULL`,

    async page({ rail, reasons }, { limit, cursor, backward }) {
      const [edge = null] = cursor ?? [];
      const beyond = backward
        ? Prisma.sql`(${edge}::text IS NULL OR a.id < ${edge})`
        : Prisma.sql`(${edge}::text IS NULL OR a.id > ${edge})`;
      const rows = await database.$queryRaw<AttemptRow[]>`
        SELECT ${attemptColumns('a')} FROM payment_attempt a
        WHERE ${candidates} AND ${beyond} AND (${rail}::text IS NULL OR a.rail = ${rail})
          AND ${reason} = ANY(${reasons ? [...reasons] : [...everyReason]}::text[])
        ORDER BY a.id ${backward ? Prisma.sql`DESC` : Prisma.sql`ASC`}
        LIMIT ${limit + 1}`;
      return rows.map(attemptFrom);
    },

    counts: () => database.$queryRaw<AttentionCount[]>`
      SELECT rail, reason, count(*)::float8 AS count
      FROM (
        SELECT * FROM (SELECT a.rail, ${reason} AS reason FROM payment_attempt a WHERE ${candidates}) c
        WHERE reason IS NOT NULL
        LIMIT ${countedAtMost}
      ) r
      GROUP BY rail, reason`,
  };
}

export const everyReason = [
  'IN_DOUBT',
  'UNDECIDED',
  'AMOUNT_MISMATCH',
  'CONTRADICTED',
] as const satisfies RailAttemptAttention[];

/** The condition of payment_attempt_attention_idx. */
const candidates = Prisma.sql`(a.state IN ('SUBMITTED', 'ACCEPTED') OR a.contradicted_at IS NOT NULL)`;

/** Of the row `a`; null for one that goes its way. What a person has decided since wants nobody any more. */
function reasonOf({ doubtMs, undecidedMs }: Pick<RailTuning, 'doubtMs' | 'undecidedMs'>): Prisma.Sql {
  return Prisma.sql`CASE
    WHEN a.contradicted_at IS NOT NULL AND NOT EXISTS (
      SELECT FROM payment_attempt_decision d WHERE d.attempt_id = a.id AND d.at >= a.contradicted_at
    ) THEN 'CONTRADICTED'
    WHEN a.state NOT IN ('SUBMITTED', 'ACCEPTED') THEN NULL
    WHEN a.in_doubt AND a.rail_code = 'AMOUNT_MISMATCH' THEN 'AMOUNT_MISMATCH'
    WHEN (a.in_doubt OR a.state = 'SUBMITTED') AND a.submitted_at < now() - ${milliseconds(doubtMs)} THEN 'IN_DOUBT'
    WHEN a.submitted_at < now() - ${milliseconds(undecidedMs)} THEN 'UNDECIDED'
  END`;
}

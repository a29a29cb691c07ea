import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import type { RailDirection, RailRefusal } from '@paygraph/rails';
import { attemptColumns, type Database, milliseconds } from '../database.ts';
import type { PaymentAttempt as AttemptRow } from '../generated/prisma/client.ts';
import type { AttemptState } from '../generated/prisma/enums.ts';
import { type Attempt, attemptFrom, type Candidate, type SubjectId } from './attempt.ts';
import type { RailObserver } from './metrics.ts';
import type { Ask } from './router.ts';

/** An attempt to be stored, before anything is asked of the rail. */
export interface AttemptDraft extends Ask {
  readonly subjectId: SubjectId;
  readonly number: number;
  readonly rail: string;
  readonly narrative: string;
  readonly candidates: readonly Candidate[];
}

/** An attempt that a worker has in hand. */
export interface ClaimedAttempt {
  readonly attempt: Attempt;
  /** Whether the rail has never been called for it. */
  readonly first: boolean;
  /** Whether its payment, if it is one's, still wants it. */
  readonly wanted: boolean;
  /** Of the request that made its payment, if it is one's and was traced. */
  readonly traceparent: string | null;
}

/** What was learned of an attempt; what is null stays as it is. */
export interface Finding {
  readonly id: string;
  /** Under which epoch it was claimed; null for news that came by themselves. */
  readonly epoch: number | null;
  readonly state: AttemptState | null;
  readonly inDoubt: boolean | null;
  readonly railReference: string | null;
  readonly refusal: RailRefusal | null;
  readonly railCode: string | null;
  /** In minor units. */
  readonly charge: bigint | null;
  /** When to look again, if it is still open. */
  readonly delayMs: number;
  readonly countsAsTry: boolean;
}

export interface Attempts {
  /** Those of these subjects, the oldest first. */
  ofSubjects(subjectIds: readonly string[]): Promise<Attempt[]>;
  byReferences(references: readonly string[]): Promise<Attempt[]>;
  /** Stores attempts; one whose subject has an open one already, or that number, is left out: somebody was first. */
  create(drafts: readonly AttemptDraft[]): Promise<void>;
  /** Takes up to `limit` open attempts that are due. Those never called are SUBMITTED from here on, whatever happens. */
  claim(limit: number, leaseMs: number): Promise<ClaimedAttempt[]>;
  /**
   * Writes what was learned. What is final stays, but for a confirmation that is returned, and for a collection that was
   * paid after all; what contradicts it is marked. Whatever waits for an attempt that is decided is due at once. Answers the
   * subjects of those decided now.
   */
  record(findings: readonly Finding[]): Promise<SubjectId[]>;
  /** Lets attempts that are open be looked at at once. */
  hurry(references: readonly string[]): Promise<void>;
}

export function createAttempts(database: Database, observe?: Pick<RailObserver, 'decided'>): Attempts {
  return {
    async ofSubjects(subjectIds) {
      const where = { subjectId: { in: [...subjectIds] } };
      const rows = await database.paymentAttempt.findMany({
        where,
        orderBy: [{ subjectId: 'asc' }, { number: 'asc' }],
      });
      return rows.map(attemptFrom);
    },

    async byReferences(references) {
      const rows = await database.paymentAttempt.findMany({ where: { reference: { in: references.filter(isUuid) } } });
      return rows.map(attemptFrom);
    },

    /** Relies on payment_attempt_open_key and payment_attempt_subject_id_number_key. */
    async create(drafts) {
      if (drafts.length === 0) return;
      const of = (prefix: string) =>
        drafts.map(({ subjectId }) => (subjectId.startsWith(`${prefix}_`) ? subjectId : null));
      await database.$executeRaw`
        INSERT INTO payment_attempt
          (id, payment_id, refund_id, suspense_id, subject_id, number, direction, rail, reference, amount, currency,
          counterparty, narrative, charge_id, candidates)
        SELECT id, payment_id, refund_id, suspense_id, COALESCE(payment_id, refund_id, suspense_id), number,
          direction::rail_direction, rail, reference, amount, currency, counterparty, narrative, charge_id, candidates
        FROM unnest(
          ${drafts.map(() => newId('att'))}::text[],
          ${of('pay')}::text[],
          ${of('rfd')}::text[],
          ${of('sus')}::text[],
          ${drafts.map(({ number }) => number)}::int[],
          ${drafts.map(({ direction }) => direction)}::text[],
          ${drafts.map(({ rail }) => rail)}::text[],
          ${drafts.map(() => randomUUID())}::uuid[],
          ${drafts.map(({ amount }) => amount.amount)}::bigint[],
          ${drafts.map(({ amount }) => amount.currency)}::text[],
          ${drafts.map(({ counterparty }) => JSON.stringify(counterparty))}::jsonb[],
          ${drafts.map(({ narrative }) => narrative)}::text[],
          ${drafts.map(() => newId('txn'))}::text[],
          ${drafts.map(({ candidates }) => JSON.stringify(candidates))}::jsonb[]
        ) AS d (id, payment_id, refund_id, suspense_id, number, direction, rail, reference, amount, currency,
          counterparty, narrative, charge_id, candidates)
        ON CONFLICT DO NOTHING`;
    },

    /** Relies on payment_attempt_due_idx. */
    async claim(limit, leaseMs) {
      const rows = await database.$queryRaw<(AttemptRow & Omit<ClaimedAttempt, 'attempt'>)[]>`
        WITH due AS MATERIALIZED (
          SELECT id, state FROM payment_attempt
          WHERE state IN ('CREATED', 'SUBMITTED', 'ACCEPTED') AND next_attempt_at <= now()
            AND (lease_until IS NULL OR lease_until <= now())
          ORDER BY next_attempt_at
          LIMIT ${limit}
          FOR NO KEY UPDATE SKIP LOCKED
        ),
        claimed AS (
          UPDATE payment_attempt a SET
            state = CASE a.state WHEN 'CREATED' THEN 'SUBMITTED' ELSE a.state END,
            submitted_at = CASE a.state WHEN 'CREATED' THEN clock_timestamp() ELSE a.submitted_at END,
            lease_until = clock_timestamp() + ${milliseconds(leaseMs)}, lease_epoch = a.lease_epoch + 1
          FROM due
          WHERE a.id = due.id
          RETURNING a.*, due.state = 'CREATED' AS first
        )
        SELECT ${attemptColumns('c')}, c.first,
          COALESCE(p.state IN ('PENDING', 'PROCESSING'), true) AS wanted, p.traceparent
        FROM claimed c LEFT JOIN payment p ON p.id = c.payment_id`;
      return rows.map(({ first, wanted, traceparent, ...row }) => ({
        attempt: attemptFrom(row),
        ...{ first, wanted, traceparent },
      }));
    },

    async record(findings) {
      if (findings.length === 0) return [];
      const rows = await database.$queryRaw<DecidedRow[]>`
        WITH locked AS MATERIALIZED (
          SELECT id, state, direction, lease_epoch FROM payment_attempt
          WHERE id = ANY(${findings.map(({ id }) => id)}::text[])
          ORDER BY id FOR NO KEY UPDATE
        ),
        learned AS MATERIALIZED (
          SELECT DISTINCT ON (f.id) f.*,
            CASE
              WHEN f.state = 'CREATED' THEN CASE l.state WHEN 'SUBMITTED' THEN 'CREATED' END
              WHEN f.state = 'NOT_SENT' THEN CASE WHEN l.state IN ('CREATED', 'SUBMITTED') THEN f.state END
              WHEN l.state IN ('CREATED', 'SUBMITTED', 'ACCEPTED') THEN f.state
              WHEN l.state = 'CONFIRMED' AND f.state = 'RETURNED' THEN f.state
              WHEN l.direction = 'COLLECTION' AND l.state IN ('REFUSED', 'NOT_SENT') AND f.state = 'CONFIRMED' THEN f.state
            END AS enters,
            /* That it had accepted what it then refused may be told late. */
            l.state IN ('REFUSED', 'NOT_SENT') AND l.direction = 'PAYOUT' AND f.state IN ('CONFIRMED', 'RETURNED')
              OR l.state = 'NOT_SENT' AND l.direction = 'PAYOUT' AND f.state = 'ACCEPTED'
              OR l.state IN ('CONFIRMED', 'RETURNED') AND f.state = 'REFUSED' AS contradicts
          FROM locked l
          JOIN unnest(
            ${findings.map(({ id }) => id)}::text[],
            ${findings.map(({ epoch }) => epoch)}::int[],
            ${findings.map(({ state }) => state)}::text[],
            ${findings.map(({ inDoubt }) => inDoubt)}::boolean[],
            ${findings.map(({ railReference }) => railReference)}::text[],
            ${findings.map(({ refusal }) => refusal)}::text[],
            ${findings.map(({ railCode }) => railCode)}::text[],
            ${findings.map(({ charge }) => charge)}::bigint[],
            ${findings.map(({ delayMs }) => Math.round(delayMs))}::int[],
            ${findings.map(({ countsAsTry }) => (countsAsTry ? 1 : 0))}::int[]
          ) AS f (id, epoch, state, in_doubt, rail_reference, refusal, rail_code, charge, delay, tries)
            ON f.id = l.id AND (f.epoch IS NULL OR f.epoch = l.lease_epoch)
          ORDER BY f.id, f.state IN ('RETURNED') DESC, f.state IN ('CONFIRMED', 'REFUSED', 'NOT_SENT') DESC
        ),
        changed AS (
          UPDATE payment_attempt a SET
            state = COALESCE(n.enters::attempt_state, a.state),
            in_doubt = COALESCE(n.in_doubt, a.in_doubt),
            rail_reference = CASE WHEN n.enters IS NULL THEN a.rail_reference ELSE COALESCE(n.rail_reference, a.rail_reference) END,
            refusal = CASE n.enters WHEN 'REFUSED' THEN n.refusal WHEN 'CONFIRMED' THEN NULL ELSE a.refusal END,
            rail_code = CASE
              WHEN n.enters IN ('REFUSED', 'RETURNED') THEN n.rail_code
              WHEN n.enters = 'CONFIRMED' THEN NULL
              WHEN a.state IN ('SUBMITTED', 'ACCEPTED') THEN COALESCE(n.rail_code, a.rail_code)
              ELSE a.rail_code END,
            charge = CASE n.enters WHEN 'CONFIRMED' THEN n.charge ELSE a.charge END,
            contradicted_at = CASE WHEN n.contradicts THEN clock_timestamp() ELSE a.contradicted_at END,
            decided_at = CASE WHEN n.enters IN ('CONFIRMED', 'REFUSED', 'NOT_SENT', 'RETURNED')
              THEN COALESCE(a.decided_at, clock_timestamp()) ELSE a.decided_at END,
            lease_until = CASE WHEN n.epoch IS NULL THEN a.lease_until END,
            next_attempt_at = clock_timestamp() + n.delay * interval '1 millisecond',
            tries = a.tries + n.tries
          FROM learned n
          WHERE a.id = n.id
          RETURNING a.*, n.enters
        ),
        decided AS MATERIALIZED (
          SELECT * FROM changed WHERE enters IN ('CONFIRMED', 'REFUSED', 'NOT_SENT', 'RETURNED')
        ),
        /* A worker that has one in hand has looked before: its lease is taken away, so that the look is repeated. */
        payments AS (
          UPDATE payment p SET next_attempt_at = clock_timestamp(), attempts = 0,
            lease_owner = NULL, lease_until = NULL, lease_epoch = p.lease_epoch + 1
          FROM decided d
          WHERE p.id = d.payment_id AND p.state IN ('PENDING', 'PROCESSING')
        ),
        refunds AS (
          UPDATE payment_refund r SET next_attempt_at = clock_timestamp(), attempts = 0,
            lease_until = NULL, lease_epoch = r.lease_epoch + 1
          FROM decided d
          WHERE r.id = d.refund_id AND r.state = 'PROCESSING'
        ),
        items AS (
          UPDATE suspense_item s SET next_attempt_at = clock_timestamp(), attempts = 0,
            lease_until = NULL, lease_epoch = s.lease_epoch + 1
          FROM decided d
          WHERE s.id = d.suspense_id AND s.state = 'RETURNING'
        ),
        owed AS (
          INSERT INTO payment_compensation (payment_id, action)
          SELECT payment_id, 'BOOK_RETURN' FROM decided
          WHERE enters = 'RETURNED' AND payment_id IS NOT NULL AND direction = 'PAYOUT'
          ON CONFLICT DO NOTHING
        )
        SELECT subject_id AS "subjectId", rail, direction, enters AS state FROM decided`;
      for (const { rail, direction, state } of rows) observe?.decided(rail, direction, state);
      return rows.map(({ subjectId }) => subjectId);
    },

    async hurry(references) {
      await database.paymentAttempt.updateMany({
        where: { reference: { in: references.filter(isUuid) }, state: { in: ['SUBMITTED', 'ACCEPTED'] } },
        data: { nextAttemptAt: new Date(0) },
      });
    },
  };
}

interface DecidedRow {
  readonly subjectId: SubjectId;
  readonly rail: string;
  readonly direction: RailDirection;
  readonly state: string;
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

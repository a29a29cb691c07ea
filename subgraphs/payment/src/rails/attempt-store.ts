import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import type { Money } from '@paygraph/money';
import type { RailDirection, RailRefusal } from '@paygraph/rails';
import type { Logger } from '@paygraph/service';
import { attemptColumns, milliseconds, type Transaction } from '../database.ts';
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

/** In the place of a rail's own code: it said that it moved another amount than was asked for. */
export const mismatch = 'AMOUNT_MISMATCH';

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
  /** For carrying it; or what was kept of it, if it is RETURNED. */
  readonly charge: Money | null;
  /** What came back instead, if that is more or in another currency. */
  readonly returned: Money | null;
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
   * paid after all; what contradicts it is marked. Whatever waits for an attempt that is decided is due at once. Money that
   * comes back is owed to its payment; any other goes to suspense. What the rail charges is to be booked. Answers the
   * subjects of those decided now.
   */
  record(findings: readonly Finding[]): Promise<SubjectId[]>;
  /** Lets attempts that are open be looked at at once, or as soon as they are in nobody's hands. */
  hurry(references: readonly string[]): Promise<void>;
}

/** @param logger told of rails that contradict themselves */
export function createAttempts(
  database: Transaction,
  observe?: Pick<RailObserver, 'decided'>,
  logger?: Pick<Logger, 'error'>,
): Attempts {
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
          SELECT id, state, clock_timestamp() + ${milliseconds(leaseMs)} AS until FROM payment_attempt
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
            lease_until = due.until, next_attempt_at = due.until, lease_epoch = a.lease_epoch + 1
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
      const rows = await database.$queryRaw<RecordedRow[]>`
        WITH locked AS MATERIALIZED (
          SELECT id, state, direction, lease_epoch, charge FROM payment_attempt
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
            /* It may be told after the confirmation, by another message, and counts once. */
            CASE
              WHEN l.charge IS NULL AND f.state = 'CONFIRMED' AND NOT (l.direction = 'PAYOUT' AND l.state IN ('REFUSED', 'NOT_SENT'))
              THEN f.charge
            END AS new_charge,
            /* That it had accepted what it then refused may be told late. */
            l.state IN ('REFUSED', 'NOT_SENT') AND l.direction = 'PAYOUT' AND f.state IN ('CONFIRMED', 'RETURNED')
              OR l.state = 'NOT_SENT' AND l.direction = 'PAYOUT' AND f.state = 'ACCEPTED'
              OR l.state IN ('CONFIRMED', 'RETURNED') AND f.state = 'REFUSED'
              OR l.state NOT IN ('CREATED', 'SUBMITTED', 'ACCEPTED') AND f.rail_code = ${mismatch} AS contradicts
          FROM locked l
          JOIN unnest(
            ${findings.map(({ id }) => id)}::text[],
            ${findings.map(({ epoch }) => epoch)}::int[],
            ${findings.map(({ state }) => state)}::text[],
            ${findings.map(({ inDoubt }) => inDoubt)}::boolean[],
            ${findings.map(({ railReference }) => railReference)}::text[],
            ${findings.map(({ refusal }) => refusal)}::text[],
            ${findings.map(({ railCode }) => railCode)}::text[],
            ${findings.map(({ charge }) => charge?.amount ?? null)}::bigint[],
            ${findings.map(({ charge }) => charge?.currency ?? null)}::text[],
            ${findings.map(({ delayMs }) => Math.round(delayMs))}::int[],
            ${findings.map(({ countsAsTry }) => (countsAsTry ? 1 : 0))}::int[],
            ${findings.map(({ returned }) => returned?.amount ?? null)}::bigint[],
            ${findings.map(({ returned }) => returned?.currency ?? null)}::text[],
            ${findings.map(() => newId('sus'))}::text[],
            ${findings.map(() => newId('txn'))}::text[],
            ${findings.map(() => newId('txn'))}::text[]
          ) AS f (id, epoch, state, in_doubt, rail_reference, refusal, rail_code, charge, charge_currency, delay, tries, returned,
            returned_currency, item_id, item_transaction, return_charge_id)
            ON f.id = l.id AND (f.epoch IS NULL OR f.epoch = l.lease_epoch)
          ORDER BY f.id, f.state IN ('RETURNED') DESC, f.state IN ('CONFIRMED', 'REFUSED', 'NOT_SENT') DESC
        ),
        changed AS (
          UPDATE payment_attempt a SET
            state = COALESCE(n.enters::attempt_state, a.state),
            in_doubt = CASE WHEN n.contradicts THEN a.in_doubt ELSE COALESCE(n.in_doubt, a.in_doubt) END,
            rail_reference = CASE WHEN n.enters IS NULL THEN a.rail_reference ELSE COALESCE(n.rail_reference, a.rail_reference) END,
            refusal = CASE n.enters WHEN 'REFUSED' THEN n.refusal WHEN 'CONFIRMED' THEN NULL ELSE a.refusal END,
            rail_code = CASE
              WHEN n.enters IN ('REFUSED', 'RETURNED') OR n.rail_code = ${mismatch} THEN n.rail_code
              WHEN n.enters = 'CONFIRMED' THEN NULL
              WHEN a.state IN ('SUBMITTED', 'ACCEPTED') THEN COALESCE(n.rail_code, a.rail_code)
              ELSE a.rail_code END,
            charge = COALESCE(n.new_charge, a.charge),
            charge_currency = CASE WHEN n.new_charge IS NULL THEN a.charge_currency ELSE n.charge_currency END,
            return_charge = CASE n.enters WHEN 'RETURNED' THEN n.charge END,
            return_charge_id = CASE WHEN n.enters = 'RETURNED' AND n.charge IS NOT NULL THEN n.return_charge_id END,
            charge_due_at = CASE
              WHEN n.new_charge IS NOT NULL OR n.enters = 'RETURNED' AND n.charge IS NOT NULL THEN clock_timestamp()
              ELSE a.charge_due_at END,
            contradicted_at = CASE WHEN n.contradicts THEN clock_timestamp() ELSE a.contradicted_at END,
            decided_at = CASE WHEN n.enters IN ('CONFIRMED', 'REFUSED', 'NOT_SENT', 'RETURNED')
              THEN COALESCE(a.decided_at, clock_timestamp()) ELSE a.decided_at END,
            lease_until = CASE WHEN n.epoch IS NULL THEN a.lease_until END,
            /* Due before its lease ends, it was nudged while it was in hand, perhaps after the rail was asked. */
            next_attempt_at = CASE
              WHEN n.epoch IS NOT NULL AND a.next_attempt_at < a.lease_until THEN a.next_attempt_at
              ELSE clock_timestamp() + n.delay * interval '1 millisecond' END,
            tries = a.tries + n.tries
          FROM learned n
          WHERE a.id = n.id
          RETURNING a.*, n.enters, n.contradicts, n.returned, n.returned_currency, n.item_id, n.item_transaction
        ),
        decided AS MATERIALIZED (
          SELECT * FROM changed WHERE enters IN ('CONFIRMED', 'REFUSED', 'NOT_SENT', 'RETURNED')
        ),
        /*
         * Attempts first, then what they are for, each by id: the order of locks for all who take several. A worker that has
         * one in hand has looked before: its lease is taken away, so that the look is repeated.
         */
        waiting_payments AS MATERIALIZED (
          SELECT id FROM payment
          WHERE id IN (SELECT payment_id FROM decided) AND state IN ('PENDING', 'PROCESSING')
          ORDER BY id FOR NO KEY UPDATE
        ),
        payments AS (
          UPDATE payment p SET next_attempt_at = clock_timestamp(), attempts = 0,
            lease_owner = NULL, lease_until = NULL, lease_epoch = p.lease_epoch + 1
          FROM waiting_payments w
          WHERE p.id = w.id
        ),
        waiting_refunds AS MATERIALIZED (
          SELECT id FROM payment_refund
          WHERE id IN (SELECT refund_id FROM decided) AND state = 'PROCESSING'
          ORDER BY id FOR NO KEY UPDATE
        ),
        refunds AS (
          UPDATE payment_refund r SET next_attempt_at = clock_timestamp(), attempts = 0,
            lease_until = NULL, lease_epoch = r.lease_epoch + 1
          FROM waiting_refunds w
          WHERE r.id = w.id
        ),
        waiting_items AS MATERIALIZED (
          SELECT id FROM suspense_item
          WHERE id IN (SELECT suspense_id FROM decided) AND state = 'RETURNING'
          ORDER BY id FOR NO KEY UPDATE
        ),
        items AS (
          UPDATE suspense_item s SET next_attempt_at = clock_timestamp(), attempts = 0,
            lease_until = NULL, lease_epoch = s.lease_epoch + 1
          FROM waiting_items w
          WHERE s.id = w.id
        ),
        owed AS (
          INSERT INTO payment_compensation (payment_id, action)
          SELECT payment_id, 'BOOK_RETURN' FROM decided
          WHERE enters = 'RETURNED' AND payment_id IS NOT NULL AND direction = 'PAYOUT' AND returned IS NULL
          ON CONFLICT DO NOTHING
        ),
        /*
         * A payment has a wallet that what had left goes back to; where anything else is to go now, people say: a refund, a
         * return from suspense, and what is not what had left.
         */
        back AS (
          INSERT INTO suspense_item
            (id, origin, amount, currency, payment_id, refund_id, source_id, rail, rail_reference, sender_name, remittance,
            counterparty, transaction_id)
          SELECT d.item_id, 'RETURNED_BY_RAIL', COALESCE(d.returned, d.amount), COALESCE(d.returned_currency, d.currency),
            COALESCE(d.payment_id, r.payment_id, s.payment_id),
            COALESCE(r.id, s.refund_id), d.id, d.rail, d.rail_reference, s.sender_name, s.remittance, d.counterparty,
            d.item_transaction
          FROM decided d
          LEFT JOIN payment_refund r ON r.id = d.refund_id
          LEFT JOIN suspense_item s ON s.id = d.suspense_id
          WHERE d.enters = 'RETURNED' AND (d.payment_id IS NULL OR d.returned IS NOT NULL)
          ON CONFLICT (source_id) DO NOTHING
        )
        SELECT id, subject_id AS "subjectId", rail, direction, state, contradicts FROM changed
        WHERE contradicts OR id IN (SELECT id FROM decided)`;
      for (const { id, rail, state } of rows.filter(({ contradicts }) => contradicts))
        logger?.error({ attempt: id, rail, state }, 'a rail contradicts what it had said for good');
      const decided = rows.filter(({ contradicts }) => !contradicts);
      for (const { rail, direction, state } of decided) observe?.decided(rail, direction, state);
      return decided.map(({ subjectId }) => subjectId);
    },

    async hurry(references) {
      await database.$executeRaw`
        WITH due AS MATERIALIZED (
          SELECT id FROM payment_attempt
          WHERE reference = ANY(${references.filter(isUuid)}::uuid[]) AND state IN ('SUBMITTED', 'ACCEPTED')
          ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE payment_attempt a SET next_attempt_at = clock_timestamp() FROM due WHERE a.id = due.id`;
    },
  };
}

interface RecordedRow {
  readonly id: string;
  readonly subjectId: SubjectId;
  readonly rail: string;
  readonly direction: RailDirection;
  readonly state: AttemptState;
  /** Then nothing was decided. */
  readonly contradicts: boolean | null;
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

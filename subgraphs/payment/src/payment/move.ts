import { newId } from '@paygraph/ids';
import type { Money } from '@paygraph/money';
import { type Database, int8, literals, milliseconds, paymentColumns, unseen } from '../database.ts';
import { type Payment as PaymentRow, Prisma } from '../generated/prisma/client.ts';
import type { Price } from '../quote/price.ts';
import { compensations } from './compensation.ts';
import type { FailureCode } from './failure.ts';
import type { KeyUse } from './idempotency.ts';
import { type PaymentReason, type PaymentState, statesBefore } from './lifecycle.ts';
import { type Payment, paymentFrom } from './payment.ts';

/** Who takes a step when no person does. */
export const service = 'payment';

/** States in which a payment's time can run out. */
export const expirable = statesBefore('EXPIRED');
export const cancellable = statesBefore('CANCELLED');

/** States that the worker which entered them goes on from, so that it keeps its lease. */
export const carriedOn: readonly PaymentState[] = ['VALIDATING', 'PENDING', 'PROCESSING'];

/**
 * Whether the books alone decide if a payment still ends otherwise: a worker may have asked them to carry it out already,
 * so that it can be called off or expire only once they have closed its reservation.
 */
export function isInBooks({ kind, captureMethod, state }: Payment): boolean {
  return kind === 'TRANSFER' && captureMethod === 'AUTOMATIC' && statesInBooks.includes(state);
}

const statesInBooks: readonly PaymentState[] = ['VALIDATING', 'IN_REVIEW'];

/** {@link isInBooks} of a row of `payment`. */
export const inBooks = Prisma.sql`(
  kind = 'TRANSFER' AND capture_method = 'AUTOMATIC' AND state IN (${literals(statesInBooks)})
)`;

/** Whether there is something to do for a worker: a payment to be captured by hand waits for its hand. */
export function isCarriedOn({ state, captureMethod }: Payment): boolean {
  return carriedOn.includes(state) && !(state === 'PENDING' && captureMethod === 'MANUAL');
}

/** Money that lies in SUSPENSE because a wallet could not take it, as the step that put it there says. */
export interface Diversion {
  readonly amount: Money;
  /** The transaction that put it there. */
  readonly transactionId: string;
}

/** A state that a payment enters and leaves at once. */
export interface Passage {
  readonly state: PaymentState;
  readonly reason: PaymentReason;
}

/** A step that a worker found a payment due. */
export interface Step {
  readonly payment: Payment;
  readonly to: PaymentState;
  readonly reason: PaymentReason;
  /** States that it enters on the way, each in a step of its own. */
  readonly through?: readonly Passage[] | undefined;
  readonly failureCode?: FailureCode;
  /** Who takes it, if not the service. */
  readonly actor?: string;
  /** The attempt that carried the money. */
  readonly carriedBy?: string;
  readonly diversion?: Diversion;
}

export interface Moves {
  /**
   * Takes each payment its step, all in one statement. Those that a worker has lost (another state or epoch by now) drop
   * out alone; one whose time has run out becomes EXPIRED instead. Answers the payments as they are after their steps.
   */
  advance(steps: readonly Step[]): Promise<Payment[]>;
  /**
   * Calls a payment off unless it is past that; undefined if so. One whose time has run out becomes EXPIRED.
   * @param isClosed whether the books have closed its reservation: needed if it is in the books
   */
  cancel(id: string, reason: PaymentReason, actor: string, isClosed?: boolean): Promise<Payment | undefined>;
  /**
   * Lets a payment that waits for its capture go on, with the key in the same statement; undefined if it waits for none, or
   * the key has been used by now. One whose time has run out becomes EXPIRED.
   * @param part what to capture, when that is less than what was agreed
   */
  capture(id: string, part: Price | null, use: KeyUse): Promise<Payment | undefined>;
  /** Ends up to `limit` payments whose time has run out by the database's clock, and that are not in the books. */
  expire(limit: number): Promise<Payment[]>;
  /** Ends those of these payments whose time has run out: the books have closed their reservations. */
  expireClosed(ids: readonly string[]): Promise<Payment[]>;
}

/**
 * Every change of state. The row's lock is taken first, in the order of ids, and time is judged after it; then state,
 * timeline row and compensations are written in the same statement, so that a payment never has one without the others.
 */
export function createMoves(
  database: Database,
  { leaseMs, reviewPollMs }: { readonly leaseMs: number; readonly reviewPollMs: { readonly baseMs: number } },
): Moves {
  const move = async (
    found: Prisma.Sql,
    { sets = Prisma.empty, also = Prisma.empty, kept = Prisma.sql`false` } = {},
  ): Promise<Payment[]> => {
    const rows = await database.$queryRaw<PaymentRow[]>`
      WITH ${found},
      judged AS MATERIALIZED (
        SELECT
          found.*, may_expire AND expires_at <= clock_timestamp() AND from_state IN (${literals(expirable)}) AS late
        FROM found
      ),
      target AS MATERIALIZED (
        SELECT
          id, from_state, carried_by, diverted AND NOT late AS diverted,
          CASE WHEN late THEN 'EXPIRED' ELSE to_state END AS to_state,
          CASE WHEN late THEN 'TIMED_OUT' ELSE reason END AS reason,
          CASE WHEN late THEN '{}' ELSE through_states END AS through_states,
          CASE WHEN late THEN '{}' ELSE through_reasons END AS through_reasons,
          CASE WHEN NOT late THEN failure_code END AS failure_code,
          CASE WHEN late THEN ${service} ELSE actor END AS actor
        FROM judged
      ),
      moved AS (
        UPDATE payment p SET
          state = t.to_state::payment_state,
          sequence = p.sequence + cardinality(t.through_states) + 1,
          failure_code = t.failure_code::payment_failure_code,
          carried_by = COALESCE(t.carried_by, p.carried_by),
          diverted = p.diverted OR t.diverted,
          attempts = 0,
          next_attempt_at = CASE
            WHEN t.to_state = 'PENDING' AND p.capture_method = 'MANUAL' THEN p.expires_at + interval '1 day'
            WHEN t.to_state = 'IN_REVIEW' THEN clock_timestamp() + ${milliseconds(reviewPollMs.baseMs)}
            ELSE clock_timestamp() END,
          lease_owner = CASE WHEN ${kept} THEN p.lease_owner END,
          lease_until = CASE WHEN ${kept} THEN clock_timestamp() + ${milliseconds(leaseMs)} END
          ${sets}
        FROM target t
        WHERE p.id = t.id
        RETURNING p.*, t.from_state, t.through_states, t.through_reasons, t.reason, t.actor
      ),
      step AS (
        INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
        SELECT m.id, m.sequence - cardinality(m.through_states) - 1 + place, taken.from_state, taken.to_state, taken.reason, m.actor
        FROM moved m
        CROSS JOIN LATERAL unnest(
          m.from_state || m.through_states, m.through_states || m.state, m.through_reasons || m.reason::payment_reason
        ) WITH ORDINALITY AS taken (from_state, to_state, reason, place)
      ),
      owed AS (
        INSERT INTO payment_compensation (payment_id, action)
        SELECT m.id, c.action::compensation_action
        FROM moved m
        JOIN (VALUES ${owing}) AS c (kind, state, action) ON c.kind = m.kind AND c.state = m.state
        ON CONFLICT DO NOTHING
      )
      ${also}
      SELECT ${paymentColumns('p')} FROM moved p`;
    return rows.map(paymentFrom);
  };

  return {
    advance: async (steps) =>
      steps.length === 0 ? [] : move(stepsFound(steps), { also: suspended(steps.filter(isDiverting)), kept: isKept }),
    cancel: async (id, reason, actor, isClosed = false) =>
      (await move(cancellableFound(id, reason, actor, isClosed)))[0],
    capture: async (id, part, use) => (await move(capturableFound(id, use), { sets: capturedSets(part) }))[0],
    expire: (limit) => move(expiredFound(Prisma.sql`NOT ${inBooks}`, limit)),
    expireClosed: async (ids) =>
      ids.length === 0 ? [] : move(expiredFound(Prisma.sql`id = ANY (${[...ids]}::text[])`, ids.length)),
  };
}

/** What is owed, as rows of kind, state and action. */
const owing = Prisma.raw(
  compensations
    .map(({ kind, state, action }) => `('${kind}'::payment_kind, '${state}'::payment_state, '${action}')`)
    .join(),
);

/** Whether the worker that takes a step goes on with the payment. */
const isKept = Prisma.sql`t.to_state IN (${literals(carriedOn)})
  AND NOT (t.to_state = 'PENDING' AND p.capture_method = 'MANUAL')`;

/** The columns of a step that goes through no other state and carries no money. */
const straight = Prisma.sql`
  '{}'::payment_state[] AS through_states, '{}'::payment_reason[] AS through_reasons, NULL::text AS carried_by,
  false AS diverted, true AS may_expire`;

function stepsFound(steps: readonly Step[]): Prisma.Sql {
  const each = (type: string, of: (step: Step) => string | number | boolean | null) => unseen(type, steps.map(of));
  const ids = each('text', ({ payment }) => payment.id);
  return Prisma.sql`
    locked AS MATERIALIZED (
      SELECT id, state, lease_epoch, expires_at, NOT ${inBooks} AS may_expire FROM payment
      WHERE id = ANY(${ids}::text[])
      ORDER BY id FOR NO KEY UPDATE
    ),
    found AS (
      SELECT
        l.id, l.state AS from_state, l.expires_at, s.to_state, s.reason,
        s.through_states::payment_state[], s.through_reasons::payment_reason[],
        s.failure_code, s.actor, s.carried_by, s.diverted, l.may_expire
      FROM locked l
      JOIN unnest(
        ${ids},
        ${each('payment_state', ({ payment }) => payment.state)},
        ${each('int', ({ payment }) => payment.leaseEpoch)},
        ${each('text', ({ to }) => to)},
        ${each('text', ({ reason }) => reason)},
        ${each('text', ({ through = [] }) => `{${through.map(({ state }) => state)}}`)},
        ${each('text', ({ through = [] }) => `{${through.map(({ reason }) => reason)}}`)},
        ${each('text', ({ failureCode }) => failureCode ?? null)},
        ${each('text', ({ actor }) => actor ?? service)},
        ${each('text', ({ carriedBy }) => carriedBy ?? null)},
        ${each('boolean', ({ diversion }) => diversion !== undefined)}
      ) AS s (
        id, state, epoch, to_state, reason, through_states, through_reasons, failure_code, actor, carried_by, diverted
      )
        ON s.id = l.id AND s.state = l.state AND s.epoch = l.lease_epoch
    )`;
}

interface DivertingStep extends Step {
  readonly diversion: Diversion;
}

function isDiverting(step: Step): step is DivertingStep {
  return step.diversion !== undefined;
}

/** What lies in SUSPENSE shows up for operators with the very step that put it there. */
function suspended(steps: readonly DivertingStep[]): Prisma.Sql {
  if (steps.length === 0) return Prisma.empty;
  return Prisma.sql`, suspended AS (
    INSERT INTO suspense_item
      (id, origin, state, amount, currency, payment_id, source_id, rail, counterparty, transaction_id)
    SELECT d.id, 'WALLET_UNAVAILABLE', 'OPEN', d.amount, d.currency, m.id, m.id || ' ' || m.state, m.rail, m.counterparty,
      d.transaction_id
    FROM moved m
    JOIN unnest(
      ${steps.map(({ payment }) => payment.id)}::text[],
      ${steps.map(() => newId('sus'))}::text[],
      ${steps.map(({ diversion }) => diversion.amount.amount)}::bigint[],
      ${steps.map(({ diversion }) => diversion.amount.currency)}::text[],
      ${steps.map(({ diversion }) => diversion.transactionId)}::text[]
    ) AS d (payment_id, id, amount, currency, transaction_id) ON d.payment_id = m.id
  )`;
}

function cancellableFound(id: string, reason: PaymentReason, actor: string, isClosed: boolean): Prisma.Sql {
  return Prisma.sql`
    locked AS MATERIALIZED (
      SELECT id, state, expires_at, ${inBooks} AS in_books FROM payment WHERE id = ${id} FOR NO KEY UPDATE
    ),
    found AS (
      SELECT
        id, state AS from_state, expires_at,
        'CANCELLED' AS to_state, ${reason}::text AS reason, NULL::text AS failure_code, ${actor}::text AS actor,
        ${straight}
      FROM locked
      WHERE state IN (${literals(cancellable)}) AND (${isClosed}::boolean OR NOT in_books)
    )`;
}

/** The key is used only when there is something to capture, and without the key nothing is captured. */
function capturableFound(id: string, { principalId, key, fingerprint }: KeyUse): Prisma.Sql {
  return Prisma.sql`
    locked AS MATERIALIZED (
      SELECT id, state, expires_at, capture_method FROM payment WHERE id = ${id} FOR NO KEY UPDATE
    ),
    used AS (
      INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id, payment_id)
      SELECT ${principalId}, ${key}, ${fingerprint}, id, id FROM locked
      WHERE state = 'PENDING' AND capture_method = 'MANUAL'
      ON CONFLICT DO NOTHING
      RETURNING payment_id
    ),
    found AS (
      SELECT
        id, state AS from_state, expires_at, 'PROCESSING' AS to_state, 'CAPTURE_REQUESTED' AS reason,
        NULL::text AS failure_code, ${principalId}::text AS actor, ${straight}
      FROM locked JOIN used ON used.payment_id = locked.id
    )`;
}

function capturedSets(part: Price | null): Prisma.Sql {
  if (!part) return Prisma.empty;
  // Nothing is captured of what turns out to have run out of time.
  const whenCaptured = (amount: Money) =>
    Prisma.sql`CASE WHEN t.to_state = 'PROCESSING' THEN ${int8(amount.amount)} END`;
  return Prisma.sql`,
    captured_source = ${whenCaptured(part.source)}, captured_target = ${whenCaptured(part.target)},
    captured_at_mid = ${whenCaptured(part.targetAtMid)}, captured_fee = ${whenCaptured(part.fee.amount)}`;
}

/** Relies on payment_expiry_idx. */
function expiredFound(which: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`
    locked AS MATERIALIZED (
      SELECT id, state, expires_at FROM payment
      WHERE state IN (${literals(expirable)}) AND expires_at <= now() AND ${which}
      ORDER BY expires_at
      LIMIT ${limit}
      FOR NO KEY UPDATE SKIP LOCKED
    ),
    found AS (
      SELECT
        id, state AS from_state, expires_at,
        'EXPIRED' AS to_state, 'TIMED_OUT' AS reason, NULL::text AS failure_code, ${service} AS actor,
        ${straight}
      FROM locked
    )`;
}

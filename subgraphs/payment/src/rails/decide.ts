import type { CustomerPrincipal } from '@paygraph/auth';
import { isId } from '@paygraph/ids';
import type { Database, Transaction } from '../database.ts';
import type { DecideRailAttemptErrorCode, DecideRailAttemptInput, RailAttemptOutcome } from '../generated/graphql.ts';
import { isReference } from '../payment/deposit.ts';
import { fingerprintOf, isIdempotencyKey, useOf } from '../payment/idempotency.ts';
import { isReason } from '../payment/note.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import { type Attempt, attemptFrom, isOpen } from './attempt.ts';
import { createAttempts, type Finding } from './attempt-store.ts';
import { createAttention } from './attention.ts';
import type { RailObserver } from './metrics.ts';
import type { RailTuning } from './tuning.ts';

export interface Decided {
  readonly kind: 'decided';
  readonly attempt: Attempt;
  readonly replayed: boolean;
}

/** What an operator found out about an attempt. */
export interface AttemptDecision {
  readonly attemptId: string;
  readonly outcome: RailAttemptOutcome;
  readonly railReference: string | null;
  /** Who: `cus_…`. */
  readonly actor: string;
  /** Why. */
  readonly note: string;
  readonly at: Date;
}

export interface DecidingDependencies {
  readonly database: Database;
  readonly tuning: RailTuning;
  readonly observe?: Pick<RailObserver, 'decided'> | undefined;
}

type DecisionRefused = Refused<DecideRailAttemptErrorCode>;

/**
 * Decides an attempt that wants people, as if its rail had said so: what follows is what follows from a rail's word. Who said
 * it, and why, stays in the same transaction.
 */
export async function decideAttempt(
  { database, tuning, observe }: DecidingDependencies,
  operator: CustomerPrincipal,
  input: DecideRailAttemptInput,
): Promise<Decided | DecisionRefused> {
  const { idempotencyKey: key, attemptId, outcome, railReference = null, note } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  if (!isReason(note)) return refused('NOTE_INVALID');
  if (railReference !== null && !isReference(railReference))
    return refused('REFERENCE_INVALID', undefined, 'railReference');
  const use = { principalId: operator.id, key, fingerprint: fingerprintOf('decideRailAttempt', input) };

  return database.$transaction(async (transaction): Promise<Decided | DecisionRefused> => {
    const before = isId('att', attemptId) ? await locked(transaction, attemptId) : undefined;
    const used = await useOf(transaction, use);
    if (used.kind === 'REUSED') return refused('IDEMPOTENCY_KEY_REUSED');
    if (!before) return refused('ATTEMPT_NOT_FOUND');
    if (used.kind === 'used') return { kind: 'decided', attempt: before.attempt, replayed: true };
    if (before.isBeingCalled) return refused('ATTEMPT_BUSY');
    const [attention] = await createAttention(transaction, tuning).of([attemptId]);
    if (!attention) return isOpen(before.attempt) ? refused('NOT_IN_DOUBT') : refused('ALREADY_DECIDED');
    const kept = await transaction.$executeRaw`
      INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id)
      VALUES (${use.principalId}, ${key}, ${use.fingerprint}, ${attemptId})
      ON CONFLICT DO NOTHING`;
    if (kept === 0) return refused('IDEMPOTENCY_KEY_REUSED');
    const finding = findingFrom(before.attempt, outcome, railReference);
    if (finding) await createAttempts(transaction, observe).record([finding]);
    await transaction.$executeRaw`
      INSERT INTO payment_attempt_decision (attempt_id, outcome, rail_reference, actor, note)
      VALUES (${attemptId}, ${outcome}::attempt_outcome, ${railReference}, ${operator.id}, ${note})`;
    const attempt = await transaction.paymentAttempt.findUniqueOrThrow({ where: { id: attemptId } });
    return { kind: 'decided', attempt: attemptFrom(attempt), replayed: false };
  });
}

/** The decisions about these attempts, the oldest first. */
export function decisionsOf(database: Database, attemptIds: readonly string[]): Promise<AttemptDecision[]> {
  return database.$queryRaw<AttemptDecision[]>`
    SELECT attempt_id AS "attemptId", outcome::text, rail_reference AS "railReference", actor, note, at
    FROM payment_attempt_decision
    WHERE attempt_id = ANY(${[...attemptIds]}::text[])
    ORDER BY id`;
}

/** Nobody else decides it from here on, and no call of it begins. */
async function locked(
  transaction: Transaction,
  id: string,
): Promise<{ readonly attempt: Attempt; readonly isBeingCalled: boolean } | undefined> {
  const [lock] = await transaction.$queryRaw<{ isBeingCalled: boolean }[]>`
    SELECT COALESCE(lease_until > now(), false) AS "isBeingCalled" FROM payment_attempt WHERE id = ${id} FOR NO KEY UPDATE`;
  if (!lock) return undefined;
  return { ...lock, attempt: attemptFrom(await transaction.paymentAttempt.findUniqueOrThrow({ where: { id } })) };
}

/**
 * What the rail would have said; nothing where the attempt has ended as the operator says, or where what has followed from its
 * end is not undone: only a payout that had arrived can still come back.
 */
function findingFrom(attempt: Attempt, outcome: RailAttemptOutcome, railReference: string | null): Finding | undefined {
  const { id, direction, state } = attempt;
  const finding = (entered: Finding['state'], refusal: Finding['refusal']): Finding => ({
    ...{
      id,
      railReference,
      refusal,
      epoch: null,
      inDoubt: false,
      charge: null,
      returned: null,
      delayMs: 0,
      countsAsTry: false,
    },
    state: entered,
    railCode: entered === 'CONFIRMED' ? null : outcome,
  });
  if (isOpen(attempt)) return outcome === 'CONFIRMED' ? finding('CONFIRMED', null) : finding('REFUSED', 'NOT_ALLOWED');
  const comesBack = state === 'CONFIRMED' && direction === 'PAYOUT' && outcome === 'NOT_EXECUTED';
  return comesBack ? finding('RETURNED', null) : undefined;
}

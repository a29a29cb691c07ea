import type { CustomerPrincipal } from '@paygraph/auth';
import { postgresError } from '@paygraph/database';
import type { Database } from '../database.ts';
import type { RecordSettlementErrorCode, RecordSettlementInput } from '../generated/graphql.ts';
import { amountFrom } from '../payment/amount.ts';
import { isReference } from '../payment/deposit.ts';
import { fingerprintOf, isIdempotencyKey, type KeyUse, useOf } from '../payment/idempotency.ts';
import { isNote } from '../payment/note.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import type { LiveRail } from '../rails/live-rail.ts';
import type { Settlement } from './settlement.ts';
import type { Settlements } from './store.ts';

export interface Recorded {
  readonly kind: 'recorded';
  readonly settlement: Settlement;
  readonly replayed: boolean;
}

export interface RecordingDependencies {
  readonly database: Database;
  readonly settlements: Settlements;
  readonly rails: ReadonlyMap<string, Pick<LiveRail, 'adapter'>>;
}

type RecordRefused = Refused<RecordSettlementErrorCode>;

/** Writes down that a rail and our bank have settled; workers bring it into the books. */
export async function recordSettlement(
  { database, settlements, rails }: RecordingDependencies,
  operator: CustomerPrincipal,
  input: RecordSettlementInput,
): Promise<Recorded | RecordRefused> {
  const { idempotencyKey: key, rail, direction, reference, note = null } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  const use = { principalId: operator.id, key, fingerprint: fingerprintOf('recordSettlement', input) };
  const before = await earlier(database, settlements, use);
  if (before) return before;
  if (!isReference(reference)) return refused('REFERENCE_INVALID');
  if (note !== null && !isNote(note)) return refused('NOTE_INVALID');
  const amount = amountFrom(input.amount);
  if ('kind' in amount) return amount;
  const known = rails.get(rail);
  if (!known && rail !== 'manual') return refused('RAIL_NOT_FOUND');
  if (known && !known.adapter.capabilities.currencies.has(amount.currency))
    return refused('CURRENCY_MISMATCH', 'The rail does not carry this currency.');

  const settlement = await settlements.record({ rail, direction, amount, reference, note }, use).catch(whenKeyIsUsed);
  if (settlement) return { kind: 'recorded', settlement, replayed: false };
  return (await earlier(database, settlements, use)) ?? refused('REFERENCE_USED');
}

/** Two at once with one key: the second finds it used only when it writes. */
function whenKeyIsUsed(error: unknown): undefined {
  if (postgresError(error)?.code !== '23505') throw error;
}

async function earlier(
  database: Database,
  settlements: Settlements,
  use: KeyUse,
): Promise<Recorded | RecordRefused | undefined> {
  const used = await useOf(database, use);
  if (used.kind === 'unused') return undefined;
  if (used.kind === 'REUSED') return refused('IDEMPOTENCY_KEY_REUSED');
  const [settlement] = await settlements.byIds([used.subjectId]);
  if (!settlement) throw new Error(`An idempotency key stands for ${used.subjectId}, which there is not`);
  return { kind: 'recorded', settlement, replayed: true };
}

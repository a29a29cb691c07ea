import { currentSpan } from '@paygraph/tracing';
import type { Database } from '../database.ts';
import { coalesce } from '../peers/coalesce.ts';
import type { Workers } from '../worker/workers.ts';
import { type KeyUse, useOf } from './idempotency.ts';
import { type Draft, type Inserted, insertPayments, type Making } from './insert.ts';
import { type Payment, paymentFrom } from './payment.ts';
import { type RefusalCode, type Refused, refused } from './refusal.ts';

/** The payment that a key made, now or before. */
export interface Made {
  readonly kind: 'made';
  readonly payment: Payment;
  readonly replayed: boolean;
}

export interface MakingDependencies {
  readonly database: Database;
  readonly insert: Insert;
}

/** Writes a payment, along with others that are made at the same time. */
export type Insert = (making: Making) => Promise<Inserted>;

export interface InsertOptions {
  readonly database: Database;
  /** From creation until an unexecuted payment expires, in ms. */
  readonly timeToLiveMs: number;
  /** Payments in one statement. */
  readonly batchSize: number;
  readonly workers: Pick<Workers, 'expect' | 'gather'>;
}

/** Payments that are made together are carried on together, by who made them if there is room. */
export function createInsert({ database, timeToLiveMs, batchSize, workers }: InsertOptions): Insert {
  const insert = async (makings: readonly Making[]) => {
    const expectation = workers.expect();
    try {
      const inserted = await insertPayments(database, makings, timeToLiveMs, expectation.lease);
      expectation.made(inserted.flatMap((each) => (each.kind === 'inserted' ? [each.payment] : [])));
      return inserted;
    } catch (error) {
      expectation.dropped();
      throw error;
    }
  };
  return coalesce(insert, batchSize, workers.gather);
}

/**
 * Makes the payment that `prepare` drafts, at most once per key: a repeat, also one at the same time, is answered with
 * the payment of the first. What `prepare` refuses leaves the key unused, as does a quote or a reference that another
 * payment has, which is refused with `taken`.
 */
export async function makeOnce<Code extends RefusalCode>(
  { database, insert }: MakingDependencies,
  use: KeyUse,
  taken: Code,
  prepare: () => Promise<Draft | Refused<Code>>,
): Promise<Made | Refused<Code | 'IDEMPOTENCY_KEY_REUSED'>> {
  // Hardly any key has been used before, and the statement that uses it says so: it is looked up when there comes to be none.
  const draft = await prepare().catch(async (error: unknown) => {
    const before = await earlier(database, use);
    if (before) return before;
    throw error;
  });
  if (draft.kind === 'made') return draft;
  if (draft.kind === 'refused') return (await earlier(database, use)) ?? draft;
  const span = currentSpan();
  const inserted = await insert({ draft, use, traceparent: span?.recording ? span.traceparent : null });
  switch (inserted.kind) {
    case 'inserted':
      return { kind: 'made', payment: inserted.payment, replayed: false };
    case 'TAKEN':
      return refused(taken);
    case 'failed':
      throw inserted.error;
    case 'KEY_IN_USE': {
      const first = await earlier(database, use);
      if (first) return first;
      throw new Error('An idempotency key is in use and cannot be read');
    }
  }
}

async function earlier(database: Database, use: KeyUse): Promise<Made | Refused<'IDEMPOTENCY_KEY_REUSED'> | undefined> {
  const before = await useOf(database, use);
  switch (before.kind) {
    case 'unused':
      return undefined;
    case 'REUSED':
      return refused('IDEMPOTENCY_KEY_REUSED');
    case 'used': {
      const row = await database.payment.findUniqueOrThrow({ where: { id: before.subjectId } });
      return { kind: 'made', payment: paymentFrom(row), replayed: true };
    }
  }
}

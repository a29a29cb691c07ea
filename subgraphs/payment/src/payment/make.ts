import type { Database } from '../database.ts';
import { type KeyUse, useOf } from './idempotency.ts';
import { type Draft, insertPayment } from './insert.ts';
import { type Payment, paymentFrom } from './payment.ts';
import { type RefusalCode, type Refused, refused } from './refusal.ts';

/** The payment that a key made, now or before. */
export interface Made {
  readonly kind: 'made';
  readonly payment: Payment;
  readonly replayed: boolean;
}

/** The draft's quote belongs to another payment. */
export interface QuoteInUse {
  readonly kind: 'QUOTE_IN_USE';
}

interface Dependencies {
  readonly database: Database;
  readonly timeToLiveMs: number;
}

/**
 * Makes the payment that `prepare` drafts, at most once per key: a repeat, also one at the same time, is answered with
 * the payment of the first. What `prepare` refuses leaves the key unused.
 */
export async function makeOnce<Code extends RefusalCode>(
  { database, timeToLiveMs }: Dependencies,
  use: KeyUse,
  prepare: () => Promise<Draft | Refused<Code>>,
): Promise<Made | Refused<Code | 'IDEMPOTENCY_KEY_REUSED'> | QuoteInUse> {
  const before = await earlier(database, use);
  if (before) return before;
  const draft = await prepare();
  if (draft.kind === 'refused') return draft;
  const inserted = await insertPayment(database, draft, use, timeToLiveMs);
  switch (inserted.kind) {
    case 'inserted':
      return { kind: 'made', payment: inserted.payment, replayed: false };
    case 'QUOTE_IN_USE':
      return inserted;
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

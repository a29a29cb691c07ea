import { postgresError } from '@paygraph/database';
import { type Id, newId } from '@paygraph/ids';
import type { Money } from '@paygraph/money';
import type { Counterparty } from '@paygraph/rails';
import { currentSpan } from '@paygraph/tracing';
import { type Database, insertion, int8, json, milliseconds, paymentColumns, text } from '../database.ts';
import { type Payment as PaymentRow, Prisma } from '../generated/prisma/client.ts';
import { type Price, priceValues } from '../quote/price.ts';
import type { Lease } from '../worker/lease.ts';
import type { KeyUse } from './idempotency.ts';
import { birth } from './lifecycle.ts';
import { service } from './move.ts';
import { type CaptureMethod, type Party, type Payment, paymentFrom } from './payment.ts';
import type { Rail } from './rail.ts';

/** A payment that is all in order, not made yet. */
export interface Draft {
  readonly kind: Payment['kind'];
  readonly id: Id<'pay'>;
  readonly reservationId: Id<'res'>;
  readonly transactionId: Id<'txn'>;
  readonly amount: Money;
  readonly price: Price;
  readonly quoteId: Id<'quo'> | null;
  readonly payer: Party;
  readonly payee: Party;
  readonly captureMethod: CaptureMethod;
  readonly counterparty: Counterparty | null;
  readonly rail: Rail;
  readonly externalReference: string | null;
  readonly metadata: Record<string, unknown> | null;
}

/** The ids of a new payment and of what it will ask of the ledger. */
export function newPaymentIds(): Pick<Draft, 'id' | 'reservationId' | 'transactionId'> {
  return { id: newId('pay'), reservationId: newId('res'), transactionId: newId('txn') };
}

export type Inserted =
  | { readonly kind: 'inserted'; readonly payment: Payment }
  /** Somebody was first with this key; nothing was written. */
  | { readonly kind: 'KEY_IN_USE' }
  /** The quote or the reference belongs to another payment; nothing was written, and the key is as free as before. */
  | { readonly kind: 'TAKEN' };

/**
 * Writes a payment, its first step and its idempotency key, all in one statement.
 * @param lease of a worker that goes on with it at once: its checks have begun then, which is its second step
 */
export async function insertPayment(
  database: Database,
  draft: Draft,
  { principalId, key, fingerprint }: KeyUse,
  timeToLiveMs: number,
  lease?: Lease,
): Promise<Inserted> {
  const { columns, values } = insertion({ ...valuesOf(draft, timeToLiveMs), ...(lease && begunValues(lease)) });
  const begun = lease
    ? Prisma.sql`UNION ALL SELECT id, 2, ${birth.state}, 'VALIDATING', 'CHECKS_STARTED', ${service} FROM made`
    : Prisma.empty;
  try {
    const rows = await database.$queryRaw<PaymentRow[]>`
      WITH used AS (
        INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id, payment_id)
        VALUES (${principalId}, ${key}, ${fingerprint}, ${draft.id}, ${draft.id})
        ON CONFLICT DO NOTHING
        RETURNING payment_id
      ),
      made AS (
        INSERT INTO payment (id, ${columns}) SELECT payment_id, ${values} FROM used
        RETURNING *
      ),
      step AS (
        INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
        SELECT id, 1, NULL::payment_state, ${birth.state}::payment_state, ${birth.reason}::payment_reason, ${principalId}
        FROM made ${begun}
      )
      SELECT ${paymentColumns('p')} FROM made p`;
    const [row] = rows;
    return row ? { kind: 'inserted', payment: paymentFrom(row) } : { kind: 'KEY_IN_USE' };
  } catch (error) {
    if (violates(error, 'payment_quote_id_key', 'payment_deposit_reference_key')) return { kind: 'TAKEN' };
    throw error;
  }
}

function valuesOf(draft: Draft, timeToLiveMs: number) {
  const { kind, amount, payer, payee, metadata } = draft;
  const from = 'walletId' in payer ? payer : null;
  const to = 'walletId' in payee ? payee : null;
  const settles = kind === 'PAYOUT';
  const span = currentSpan();
  return {
    kind: Prisma.sql`${kind}::payment_kind`,
    amount: int8(amount.amount),
    amountCurrency: text(amount.currency),
    ...priceValues(draft.price),
    quoteId: text(draft.quoteId),
    payerCustomerId: text(from?.customerId ?? null),
    payerWalletId: text(from?.walletId ?? null),
    payerDisplayName: text(payer.displayName),
    payerHandle: text(from?.handle ?? null),
    payeeCustomerId: text(to?.customerId ?? null),
    payeeWalletId: text(to?.walletId ?? null),
    payeeDisplayName: text(payee.displayName),
    payeeHandle: text(to?.handle ?? null),
    captureMethod: Prisma.sql`${draft.captureMethod}::capture_method`,
    counterparty: json(draft.counterparty),
    rail: text(draft.rail),
    externalReference: text(draft.externalReference),
    metadata: json(metadata),
    traceparent: text(span?.recording ? span.traceparent : null),
    reservationId: text(draft.reservationId),
    transactionId: text(draft.transactionId),
    settlementId: text(settles ? newId('txn') : null),
    returnId: text(settles ? newId('txn') : null),
    expiresAt: Prisma.sql`clock_timestamp() + ${milliseconds(timeToLiveMs)}`,
  };
}

function begunValues({ owner, leaseMs }: Lease) {
  return {
    state: Prisma.sql`'VALIDATING'::payment_state`,
    sequence: Prisma.sql`2`,
    leaseOwner: text(owner),
    leaseUntil: Prisma.sql`clock_timestamp() + ${milliseconds(leaseMs)}`,
    leaseEpoch: Prisma.sql`1`,
  };
}

/** Whether PostgreSQL refused a statement for one of these unique indexes. */
function violates(error: unknown, ...indexes: string[]): boolean {
  const { code, constraint = '' } = postgresError(error) ?? {};
  return code === '23505' && indexes.includes(constraint);
}

import { postgresError } from '@paygraph/database';
import { type Id, newId } from '@paygraph/ids';
import type { Money } from '@paygraph/money';
import type { Counterparty } from '@paygraph/rails';
import { type Database, insertion, milliseconds, paymentColumns, type Values } from '../database.ts';
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

/** A payment to be written, and the key it is made under. */
export interface Making {
  readonly draft: Draft;
  readonly use: KeyUse;
  /** Of the request, if it is traced. */
  readonly traceparent: string | null;
}

export type Inserted =
  | { readonly kind: 'inserted'; readonly payment: Payment }
  /** Somebody was first with this key; nothing was written. */
  | { readonly kind: 'KEY_IN_USE' }
  /** The quote or the reference belongs to another payment; nothing was written, and the key is as free as before. */
  | { readonly kind: 'TAKEN' }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Writes payments, each with its first step and its idempotency key, all in one statement; and each half by itself, then its
 * halves, when PostgreSQL refuses the whole for one of them. Answers what became of each, in their order.
 * @param lease of a worker that goes on with them at once: their checks have begun then, which is their second step
 * @throws what is wrong with the database, or with a payment that is alone
 */
export async function insertPayments(
  database: Database,
  makings: readonly Making[],
  timeToLiveMs: number,
  lease?: Lease,
): Promise<Inserted[]> {
  try {
    const rows = await insertRows(database, makings, timeToLiveMs, lease);
    const made = new Map(rows.map((row) => [row.id, paymentFrom(row)]));
    return makings.map(({ draft }) => {
      const payment = made.get(draft.id);
      return payment ? { kind: 'inserted', payment } : { kind: 'KEY_IN_USE' };
    });
  } catch (error) {
    if (makings.length === 1 && violates(error, ...ofOnePayment)) return [{ kind: 'TAKEN' }];
    if (makings.length === 1 || !isRefusal(error)) throw error;
  }
  const inserted: Inserted[] = [];
  const half = Math.ceil(makings.length / 2);
  for (const part of [makings.slice(0, half), makings.slice(half)]) {
    const failed = (error: unknown) => part.map(() => ({ kind: 'failed', error }) as const);
    inserted.push(...(await insertPayments(database, part, timeToLiveMs, lease).catch(failed)));
  }
  return inserted;
}

/** In the order of keys, so that two processes that are given the same keys do not lock each other out. */
function insertRows(
  database: Database,
  makings: readonly Making[],
  timeToLiveMs: number,
  lease: Lease | undefined,
): Promise<PaymentRow[]> {
  const { columns, records } = insertion(makings.map(valuesOf));
  const uses = makings.map(({ draft, use: { principalId, key, fingerprint } }) => ({
    ...{ id: draft.id, principal_id: principalId, key, fingerprint: Buffer.from(fingerprint).toString('hex') },
  }));
  const standing = lease
    ? Prisma.sql`'VALIDATING', 2, ${lease.owner}, clock_timestamp() + ${milliseconds(lease.leaseMs)}, 1`
    : Prisma.sql`${birth.state}::payment_state, 1, NULL, NULL, 0`;
  const begun = lease
    ? Prisma.sql`UNION ALL SELECT payment_id, 2, ${birth.state}, 'VALIDATING', 'CHECKS_STARTED', ${service} FROM used`
    : Prisma.empty;
  return database.$queryRaw<PaymentRow[]>`
    WITH used AS (
      INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id, payment_id)
      SELECT principal_id, key, decode(fingerprint, 'hex'), id, id
      FROM jsonb_to_recordset(${JSON.stringify(uses)}::jsonb) AS use (id text, principal_id text, key text, fingerprint text)
      ORDER BY principal_id, key
      ON CONFLICT DO NOTHING
      RETURNING payment_id, principal_id
    ),
    made AS (
      INSERT INTO payment (${columns}, expires_at, state, sequence, lease_owner, lease_until, lease_epoch)
      SELECT ${columns}, clock_timestamp() + ${milliseconds(timeToLiveMs)}, ${standing}
      FROM jsonb_populate_recordset(NULL::payment, ${records}::jsonb) AS draft
      JOIN used ON used.payment_id = draft.id
      RETURNING *
    ),
    step AS (
      INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
      SELECT payment_id, 1, NULL::payment_state, ${birth.state}::payment_state, ${birth.reason}::payment_reason, principal_id
      FROM used ${begun}
    )
    SELECT ${paymentColumns('p')} FROM made p`;
}

/** What only one payment may have: its quote, or a deposit's reference. */
const ofOnePayment = ['payment_quote_id_key', 'payment_deposit_reference_key'];

function valuesOf({ draft, traceparent }: Making): Values {
  const { kind, amount, payer, payee, metadata, captureMethod, counterparty, rail, externalReference } = draft;
  const { id, quoteId, reservationId, transactionId } = draft;
  const from = 'walletId' in payer ? payer : null;
  const to = 'walletId' in payee ? payee : null;
  const settles = kind === 'PAYOUT';
  return {
    ...{ id, kind, quoteId, captureMethod, counterparty, rail, externalReference, metadata },
    ...{ reservationId, transactionId, traceparent },
    amount: String(amount.amount),
    amountCurrency: amount.currency,
    ...priceValues(draft.price),
    payerCustomerId: from?.customerId ?? null,
    payerWalletId: from?.walletId ?? null,
    payerDisplayName: payer.displayName,
    payerHandle: from?.handle ?? null,
    payeeCustomerId: to?.customerId ?? null,
    payeeWalletId: to?.walletId ?? null,
    payeeDisplayName: payee.displayName,
    payeeHandle: to?.handle ?? null,
    settlementId: settles ? newId('txn') : null,
    returnId: settles ? newId('txn') : null,
  };
}

/** Whether PostgreSQL refused a statement for what it would have written, or to break up a deadlock: then nothing is. */
function isRefusal(error: unknown): boolean {
  const code = postgresError(error)?.code ?? '';
  return code.startsWith('22') || code.startsWith('23') || code === '40P01';
}

/** Whether PostgreSQL refused a statement for one of these unique indexes. */
function violates(error: unknown, ...indexes: string[]): boolean {
  const { code, constraint = '' } = postgresError(error) ?? {};
  return code === '23505' && indexes.includes(constraint);
}

import { type Id, parseId } from '@paygraph/ids';
import { type Currency, currencyOf, type Money } from '@paygraph/money';
import type { Counterparty, RailDirection, RailInstruction, RailRefusal } from '@paygraph/rails';
import { z } from 'zod';
import type { PaymentAttempt as AttemptRow } from '../generated/prisma/client.ts';
import type { AttemptState } from '../generated/prisma/enums.ts';
import { counterpartyFrom } from '../payment/counterparty.ts';

/** What an attempt is for: a payment, the refund of a collection, or what is sent back from suspense. */
export type SubjectId = Id<'pay'> | Id<'rfd'> | Id<'sus'>;

/** A rail that was looked at, with its score (0 to 1, six digits) unless it could not carry the payment. */
export interface Candidate {
  readonly rail: string;
  readonly score: string | null;
  readonly why: string;
}

/** One try to move money over one rail. */
export interface Attempt {
  readonly id: Id<'att'>;
  readonly subjectId: SubjectId;
  readonly number: number;
  readonly direction: RailDirection;
  readonly rail: string;
  readonly reference: string;
  readonly amount: Money;
  readonly counterparty: Counterparty;
  readonly narrative: string;
  readonly state: AttemptState;
  /** Whether a call may have reached the rail without our knowing. */
  readonly inDoubt: boolean;
  readonly railReference: string | null;
  readonly refusal: RailRefusal | null;
  readonly railCode: string | null;
  readonly charge: Money | null;
  /** When the charge is to be booked; null once it is. */
  readonly chargeDueAt: Date | null;
  readonly chargeId: Id<'txn'>;
  /** What the rail kept of the money when it sent it back, with the ledger's id of that. */
  readonly returnCharge: { readonly id: Id<'txn'>; readonly charge: Money } | null;
  readonly candidates: readonly Candidate[];
  readonly contradictedAt: Date | null;
  readonly createdAt: Date;
  readonly submittedAt: Date | null;
  readonly decidedAt: Date | null;
  readonly leaseEpoch: number;
  readonly tries: number;
}

/** An attempt from its row. @throws {RangeError} for a row that cannot be one. */
export function attemptFrom(row: AttemptRow): Attempt {
  const { number, direction, rail, reference, narrative, state, inDoubt, railReference, railCode, tries } = row;
  const counterparty = counterpartyFrom(row.counterparty);
  if (!counterparty) throw new RangeError(`${row.id} goes nowhere`);
  const currency = currencyOf(row.currency);
  return {
    ...{ number, direction, rail, reference, narrative, state, inDoubt, railReference, railCode, tries, counterparty },
    id: parseId('att', row.id),
    subjectId: subjectOf(row),
    amount: { amount: row.amount, currency },
    refusal: row.refusal === null ? null : refusals.parse(row.refusal),
    charge: row.charge === null ? null : { amount: row.charge, currency: currencyOf(row.chargeCurrency ?? currency) },
    chargeDueAt: row.chargeDueAt,
    chargeId: parseId('txn', row.chargeId),
    returnCharge: returnChargeOf(row, currency),
    candidates: candidates.parse(row.candidates),
    contradictedAt: row.contradictedAt,
    createdAt: row.createdAt,
    submittedAt: row.submittedAt,
    decidedAt: row.decidedAt,
    leaseEpoch: row.leaseEpoch,
  };
}

export function instructionOf(attempt: Attempt): RailInstruction {
  const { direction, reference, amount, counterparty, narrative } = attempt;
  return { direction, reference, amount, counterparty, narrative, endToEndId: attempt.subjectId };
}

/** Whether the rail may still do something with it. */
export function isOpen({ state }: Pick<Attempt, 'state'>): boolean {
  return state === 'CREATED' || state === 'SUBMITTED' || state === 'ACCEPTED';
}

const candidates = z.array(z.strictObject({ rail: z.string(), score: z.string().nullable(), why: z.string() }));

const refusals: z.ZodType<RailRefusal> = z.enum([
  'COUNTERPARTY_NOT_FOUND',
  'COUNTERPARTY_UNAVAILABLE',
  'COUNTERPARTY_FUNDS',
  'COUNTERPARTY_DECLINED',
  'LIMIT_EXCEEDED',
  'FLOAT_EXHAUSTED',
  'NOT_ALLOWED',
]);

function returnChargeOf({ returnCharge, returnChargeId }: AttemptRow, currency: Currency): Attempt['returnCharge'] {
  if (returnCharge === null || returnChargeId === null) return null;
  return { id: parseId('txn', returnChargeId), charge: { amount: returnCharge, currency } };
}

function subjectOf({ paymentId, refundId, suspenseId, id }: AttemptRow): SubjectId {
  if (paymentId !== null) return parseId('pay', paymentId);
  if (refundId !== null) return parseId('rfd', refundId);
  if (suspenseId !== null) return parseId('sus', suspenseId);
  throw new RangeError(`${id} is for nothing`);
}

import { createHash } from 'node:crypto';
import { formatDecimal, parseDecimal } from '@paygraph/money';
import { type Transaction, unstorable } from '../database.ts';

/** A caller's key and what it is used for. */
export interface KeyUse {
  readonly principalId: string;
  readonly key: string;
  readonly fingerprint: Uint8Array<ArrayBuffer>;
}

/** Money-moving operations: their keys share one space per caller. */
export type KeyedOperation =
  | 'createPayment'
  | 'recordDeposit'
  | 'capturePayment'
  | 'refundPayment'
  | 'releaseSuspense'
  | 'returnSuspense'
  | 'recordSettlement'
  | 'decideRailAttempt';

const longestKey = 128;

/** Whether a text can be a key: 1 to 128 characters, none of them such as PostgreSQL cannot store. */
export function isIdempotencyKey(key: string): boolean {
  return key.length >= 1 && key.length <= longestKey && !unstorable.test(key);
}

/**
 * SHA-256 of the operation and its input in canonical form, the key left out: fields in the order of their names, absent
 * and null the same, the amount as its shortest decimal ("12.3" equals "12.30").
 */
export function fingerprintOf(
  operation: KeyedOperation,
  { idempotencyKey: _key, amount, ...input }: KeyedInput,
): Uint8Array<ArrayBuffer> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined && value !== null);
  const stated = amount ? { amount: canonicalAmount(amount) } : {};
  const canonical = { operation, input: { ...Object.fromEntries(given), ...stated } };
  return new Uint8Array(createHash('sha256').update(canonicalJson(canonical)).digest());
}

interface KeyedInput {
  readonly idempotencyKey: string;
  readonly amount?: AmountInput | null | undefined;
}

interface AmountInput {
  readonly amount: string;
  readonly currency: string;
}

export type Use =
  | { readonly kind: 'unused' }
  /** Used with this very input: what it made or changed. */
  | { readonly kind: 'used'; readonly subjectId: string }
  /** Used with another input. */
  | { readonly kind: 'REUSED' };

/** What the caller's key was used for before, if it was. */
export async function useOf(database: Transaction, { principalId, key, fingerprint }: KeyUse): Promise<Use> {
  const [used] = await database.$queryRaw<{ fingerprint: Uint8Array; subjectId: string }[]>`
    SELECT fingerprint, subject_id AS "subjectId" FROM idempotency_key
    WHERE principal_id = ${principalId} AND key = ${key}`;
  if (!used) return { kind: 'unused' };
  if (!Buffer.from(used.fingerprint).equals(fingerprint)) return { kind: 'REUSED' };
  return { kind: 'used', subjectId: used.subjectId };
}

/** The amount without zeros that say nothing; what is no amount stays as it is, to be refused. */
function canonicalAmount({ amount, currency }: AmountInput): AmountInput {
  const decimal = parseDecimal(amount);
  if (!decimal) return { amount, currency };
  let { coefficient, scale } = decimal;
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale -= 1;
  }
  return { amount: formatDecimal({ coefficient, scale }), currency };
}

/** JSON with the fields of every object in the order of their names. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

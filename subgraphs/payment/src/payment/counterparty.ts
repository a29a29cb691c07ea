import type { Counterparty } from '@paygraph/rails';
import { z } from 'zod';

const stored: z.ZodType<Counterparty> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('MOBILE_MONEY'),
    phoneNumber: z.string(),
    network: z.enum(['MTN', 'AIRTELTIGO', 'TELECEL']),
    name: z.string().nullable(),
  }),
  z.strictObject({ type: z.literal('BANK_ACCOUNT'), iban: z.string(), bic: z.string().nullable(), name: z.string() }),
]);

/** Whoever is outside, from what was stored. @throws {z.ZodError} for what was not written by us. */
export function counterpartyFrom(value: unknown): Counterparty | null {
  return value === null ? null : stored.parse(value);
}

/** As a payment shows somebody outside: by name, and by the end of their number. */
export function displayNameOf(counterparty: Counterparty): string {
  const number = counterparty.type === 'MOBILE_MONEY' ? counterparty.phoneNumber : counterparty.iban;
  const end = `•••${number.slice(-4)}`;
  return counterparty.name === null ? end : `${counterparty.name} (${end})`;
}

/** Whether two are the same account outside on the same network, whatever name was given for it. */
export function isSameCounterparty(left: Counterparty | null, right: Counterparty | null): boolean {
  if (left === null || right === null) return left === right;
  if (left.type === 'MOBILE_MONEY')
    return right.type === left.type && right.phoneNumber === left.phoneNumber && right.network === left.network;
  return right.type === left.type && right.iban === left.iban;
}

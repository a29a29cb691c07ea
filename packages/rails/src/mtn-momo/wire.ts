import { z } from 'zod';

/*
 * The messages of MTN's Mobile Money API, as its developer portal documents them (momodeveloper.mtn.com, Collection and
 * Disbursements). Unknown members are let through: MTN adds some now and then.
 */

export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  // Documented as a number, seen as a text.
  expires_in: z.coerce.number().positive(),
});

const party = z.object({ partyIdType: z.string(), partyId: z.union([z.string(), z.number()]) });

/** Of `GET /requesttopay/{reference}` and `GET /transfer/{reference}`. The examples write amounts as numbers. */
export const transactionAnswer = z.object({
  amount: z.union([z.string(), z.number()]).optional(),
  currency: z.string().optional(),
  financialTransactionId: z.union([z.string(), z.number()]).optional(),
  externalId: z.union([z.string(), z.number()]).optional(),
  payer: party.optional(),
  payee: party.optional(),
  status: z.enum(['CREATED', 'PENDING', 'SUCCESSFUL', 'FAILED']),
  // A code by itself in older answers, a code with a message in newer ones.
  reason: z.union([z.string(), z.object({ code: z.string(), message: z.string().optional() })]).optional(),
});
export type TransactionAnswer = z.output<typeof transactionAnswer>;

export const balanceAnswer = z.object({ availableBalance: z.union([z.string(), z.number()]), currency: z.string() });

/** What comes with a status of 4xx or 5xx. */
export const errorAnswer = z.object({ code: z.string(), message: z.string().optional() });

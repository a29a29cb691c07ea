import { z } from 'zod';

/*
 * The messages of Airtel Africa's Open API (developers.airtel.africa: Authorization, Collection-APIs, Disbursement-APIs).
 * Every answer has a `status` with a response code, and mostly `data`.
 */

export const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });

const status = z.object({
  response_code: z.string().optional(),
  code: z.union([z.string(), z.number()]).optional(),
  message: z.string().optional(),
  result_code: z.string().optional(),
  // Documented as a boolean, and shown as a text in some examples.
  success: z.union([z.boolean(), z.string()]).optional(),
});

/** Of a payment or disbursement handed over or asked about. */
export const transactionAnswer = z.object({
  data: z
    .object({
      transaction: z
        .object({
          id: z.string().optional(),
          airtel_money_id: z.string().optional(),
          reference_id: z.string().optional(),
          message: z.string().optional(),
          status: z.string().optional(),
        })
        .optional(),
    })
    .nullish(),
  status,
});
export type TransactionAnswer = z.output<typeof transactionAnswer>;

export const balanceAnswer = z.object({
  data: z.object({ balance: z.union([z.string(), z.number()]), currency: z.string() }),
  status,
});

/** What Airtel calls back with; `hash` is there when authentication of callbacks is switched on in its portal. */
export const callbackBody = z.object({
  transaction: z.looseObject({
    id: z.string(),
    message: z.string().optional(),
    status_code: z.string(),
    airtel_money_id: z.string().optional(),
  }),
  hash: z.string(),
});

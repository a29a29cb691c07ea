import { z } from 'zod';

/*
 * The messages of the M-Pesa OpenAPI (openapiportal.m-pesa.com), which serves Ghana as the market `vodafoneGHA`.
 * What we send begins with `input_`, what comes back with `output_`, and results that are called back with `input_` again.
 */

export const sessionAnswer = z.object({ output_ResponseCode: z.literal('INS-0'), output_SessionID: z.string().min(1) });

/** Some answers write `N/A` where there is nothing. */
const identifier = z
  .string()
  .nullish()
  .transform((text) => (text && text !== 'N/A' ? text : null));

export const transactionAnswer = z.object({
  output_ResponseCode: z.string(),
  output_ResponseDesc: z.string().optional(),
  output_TransactionID: identifier,
  output_ConversationID: identifier,
  output_ThirdPartyConversationID: identifier,
  // Of queryTransactionStatus alone.
  output_ResponseTransactionStatus: z.string().optional(),
  output_OriginalTransactionID: identifier,
  output_Reversed: z.union([z.string(), z.boolean()]).nullish(),
});
export type TransactionAnswer = z.output<typeof transactionAnswer>;

export const callbackBody = z.object({
  input_OriginalConversationID: z.string(),
  input_ThirdPartyConversationID: z.string(),
  input_TransactionID: z.string().optional(),
  input_ResultCode: z.string(),
  input_ResultDesc: z.string().optional(),
});

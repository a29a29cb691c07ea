import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { amountIn } from '../amount.ts';
import type { Refusal } from '../behaviour.ts';
import type { Order } from '../books.ts';
import { credentials, unsealed } from '../credentials.ts';
import type { Desk, NewOrder } from '../desk.ts';
import type { CallbackAddress, Protocol } from '../protocol.ts';
import { bearerOf, type Tokens } from '../tokens.ts';

/*
 * Telecel Cash as the M-Pesa OpenAPI (openapiportal.m-pesa.com) has it for the market vodafoneGHA, with results called back.
 */

const base = `/${credentials.telecel.environment}/ipg/v2/vodafoneGHA`;
const plain = /^[0-9A-Za-z +]+$/;
const request = z.object({
  input_Amount: z.string().regex(/^\d+(\.\d+)?$/),
  input_Country: z.literal('GHA'),
  input_Currency: z.string(),
  input_CustomerMSISDN: z.string().regex(/^\d{12,14}$/),
  input_ServiceProviderCode: z.literal(credentials.telecel.serviceProviderCode),
  input_ThirdPartyConversationID: z.string().regex(/^[0-9a-zA-Z]{1,40}$/),
  input_TransactionReference: z.string().regex(/^[0-9a-zA-Z]{1,20}$/),
  input_PurchasedItemsDesc: z.string().max(256).regex(plain).optional(),
  input_PaymentItemsDesc: z.string().max(256).regex(plain).optional(),
});
const query = z.object({
  input_QueryReference: z.string().min(1),
  input_ServiceProviderCode: z.literal(credentials.telecel.serviceProviderCode),
  input_ThirdPartyConversationID: z.string().regex(/^[0-9a-zA-Z]{1,40}$/),
  input_Country: z.literal('GHA'),
});

export interface TelecelSandbox {
  readonly desk: Desk;
  readonly tokens: Tokens;
  readonly callbackAddress: CallbackAddress;
}

export function telecelCash({ desk, tokens, callbackAddress }: TelecelSandbox): Protocol {
  const stranger = ({ headers }: FastifyRequest) =>
    headers.origin !== credentials.telecel.origin ||
    !tokens.isGood(unsealed(bearerOf(headers.authorization)) ?? '', 'telecel');
  const submit = (direction: Order['direction']) => async (incoming: FastifyRequest, reply: FastifyReply) => {
    const given = request.safeParse(incoming.body);
    const reference = given.success ? given.data.input_ThirdPartyConversationID : '';
    const door = await desk.door(reference);
    if (door === 'UNAVAILABLE') return answer(reply, 503, 'INS-16', reference);
    if (door === 'ERROR') return answer(reply, 500, 'INS-1', reference);
    if (stranger(incoming)) return answer(reply, 401, 'INS-2', reference);
    const order = given.success ? orderIn(given.data, direction) : undefined;
    if (!order) return answer(reply, 400, 'INS-21', reference);
    if (desk.find(reference)) return answer(reply, 409, 'INS-10', reference);
    const taken = desk.take(order, () => true);
    const code = taken.state === 'FAILED' ? codeOf(taken.refusal) : 'INS-0';
    return desk.answer(reply, reference, () => answer(reply, statusOf(code), code, reference));
  };

  return {
    retries: 0,
    routes: (app) => {
      app.get(`${base}/getSession/`, async ({ headers }, reply) => {
        const key = unsealed(bearerOf(headers.authorization));
        if (headers.origin !== credentials.telecel.origin || key !== credentials.telecel.apiKey)
          return answer(reply, 401, 'INS-2', '');
        const output_SessionID = tokens.issue('telecel');
        return { output_ResponseCode: 'INS-0', output_ResponseDesc: descriptions['INS-0'], output_SessionID };
      });
      app.post(`${base}/c2bPayment/singleStage/`, submit('COLLECTION'));
      app.post(`${base}/b2cPayment/`, submit('PAYOUT'));
      app.get(`${base}/queryTransactionStatus/`, async (incoming, reply) => {
        const given = query.safeParse(incoming.query);
        const reference = given.success ? given.data.input_QueryReference : '';
        if ((await desk.question(reference)) === 'ERROR') return answer(reply, 500, 'INS-1', reference);
        if (stranger(incoming)) return answer(reply, 401, 'INS-2', reference);
        if (!given.success) return answer(reply, 400, 'INS-21', reference);
        const order = desk.find(reference);
        if (!order) return answer(reply, 400, 'INS-23', given.data.input_ThirdPartyConversationID);
        return reply.code(200).send(statusAnswerOf(order, given.data.input_ThirdPartyConversationID));
      });
    },
    tell: (order, { forged }) => {
      const address = callbackAddress();
      if (address === undefined) return undefined;
      const secret = forged ? 'guessed' : credentials.callbackSecret;
      const success = (order.state === 'SUCCEEDED') !== forged;
      const code = success ? 'INS-0' : codeOf(order.refusal);
      const body = JSON.stringify({
        input_OriginalConversationID: order.details.conversationId,
        input_ThirdPartyConversationID: order.reference,
        input_TransactionID: success ? order.railReference : 'N/A',
        input_ResultCode: code,
        input_ResultDesc: descriptions[code],
      });
      const headers = { 'content-type': 'application/json' };
      return { method: 'POST', url: `${address}/telecel-cash/${secret}`, headers, body };
    },
  };
}

function orderIn(given: z.output<typeof request>, direction: Order['direction']): NewOrder | undefined {
  const amount = amountIn(given.input_Amount, given.input_Currency);
  if (!amount) return undefined;
  const details = { transactionReference: given.input_TransactionReference, conversationId: conversation() };
  const { input_ThirdPartyConversationID: reference, input_CustomerMSISDN: party } = given;
  return { reference, direction, amount, party, charge: 0n, details };
}

function statusAnswerOf({ state, railReference }: Order, question: string): object {
  const status = { PENDING: 'Processing', SUCCEEDED: 'Completed', FAILED: 'Cancelled', RETURNED: 'Completed' }[state];
  return {
    output_ConversationID: conversation(),
    output_ResponseCode: 'INS-0',
    output_ResponseDesc: descriptions['INS-0'],
    output_ThirdPartyConversationID: question,
    output_ResponseTransactionStatus: status,
    output_OriginalTransactionID: state === 'SUCCEEDED' ? railReference : 'N/A',
    output_Reversed: state === 'RETURNED' ? 'True' : 'False',
  };
}

const descriptions = {
  'INS-0': 'Request processed successfully',
  'INS-1': 'Internal Error',
  'INS-2': 'Invalid API Key',
  'INS-4': 'User is not active',
  'INS-5': 'Transaction cancelled by customer',
  'INS-6': 'Transaction Failed',
  'INS-10': 'Duplicate Transaction',
  'INS-16': 'Unable to handle the request due to a temporary overloading',
  'INS-21': 'Parameter validations failed. Please try again.',
  'INS-23': 'Transaction not found. Contact M-Pesa Support',
  'INS-990': 'Customer Transaction Value Limit Breached',
  'INS-2006': 'Insufficient balance',
  'INS-2051': 'MSISDN invalid.',
} as const;
type Code = keyof typeof descriptions;

function codeOf(refusal: Refusal | null): Code {
  switch (refusal) {
    case 'PARTY_UNKNOWN':
      return 'INS-2051';
    case 'PARTY_FUNDS':
    case 'FLOAT':
      return 'INS-2006';
    case 'PARTY_DECLINED':
      return 'INS-5';
    case 'PARTY_BLOCKED':
      return 'INS-4';
    case 'LIMIT':
      return 'INS-990';
    default:
      return 'INS-6';
  }
}

function statusOf(code: Code): number {
  if (code === 'INS-0') return 201;
  if (code === 'INS-2006') return 422;
  return code === 'INS-4' || code === 'INS-5' || code === 'INS-6' ? 401 : 400;
}

function answer(reply: FastifyReply, status: number, code: Code, reference: string) {
  return reply.code(status).send({
    output_ResponseCode: code,
    output_ResponseDesc: descriptions[code],
    output_TransactionID: 'N/A',
    output_ConversationID: code === 'INS-0' ? conversation() : 'N/A',
    output_ThirdPartyConversationID: reference,
  });
}

function conversation(): string {
  return randomUUID().replaceAll('-', '');
}

import { createHmac } from 'node:crypto';
import { formatAmount } from '@paygraph/money';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { amountIn } from '../amount.ts';
import type { Refusal } from '../behaviour.ts';
import type { Books, Order } from '../books.ts';
import { credentials, unsealed } from '../credentials.ts';
import type { Desk, NewOrder } from '../desk.ts';
import type { CallbackAddress, Protocol } from '../protocol.ts';
import { bearerOf, type Tokens } from '../tokens.ts';

/*
 * AirtelTigo Money as Airtel Africa's Open API (developers.airtel.africa) has it.
 */

const token = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  grant_type: z.literal('client_credentials'),
});
const msisdn = z.string().regex(/^\d{9}$/);
const collection = z.object({
  reference: z.string(),
  subscriber: z.object({ country: z.literal('GH'), currency: z.string(), msisdn }),
  transaction: z.object({ amount: z.number(), country: z.literal('GH'), currency: z.string(), id: z.string().min(1) }),
});
const disbursement = z.object({
  payee: z.object({ msisdn }),
  reference: z.string(),
  pin: z.string(),
  transaction: z.object({ amount: z.number(), id: z.string().min(1) }),
});
const idParameter = z.object({ id: z.string() });

export interface AirtelTigoSandbox {
  readonly desk: Desk;
  readonly books: Books;
  readonly tokens: Tokens;
  readonly callbackAddress: CallbackAddress;
}

export function airtelTigoMoney({ desk, books, tokens, callbackAddress }: AirtelTigoSandbox): Protocol {
  const stranger = (request: FastifyRequest) => !tokens.isGood(bearerOf(request.headers.authorization), 'airteltigo');
  const submit = async (reply: FastifyReply, request: FastifyRequest, order: NewOrder | undefined) => {
    const door = await desk.door(order?.reference ?? '');
    if (door === 'UNAVAILABLE')
      return reply.code(429).header('retry-after', '1').send({ message: 'Too many requests' });
    if (door === 'ERROR') return reply.code(500).send({ message: 'Internal Server Error' });
    if (stranger(request)) return unauthorized(reply);
    if (!order) return reply.code(400).send({ status: { code: '400', message: 'Bad request', success: false } });
    const known = desk.find(order.reference);
    if (known) return duplicate(known);
    // A payout is refused in the answer to its request; a collection only once its payer has been asked.
    const taken = desk.take(order, () => order.direction === 'PAYOUT');
    return desk.answer(reply, order.reference, () => reply.code(200).send(answerOf(taken)));
  };
  const enquire = async (reply: FastifyReply, request: FastifyRequest, direction: Order['direction']) => {
    const { id } = idParameter.parse(request.params);
    if ((await desk.question(id)) === 'ERROR') return reply.code(500).send({ message: 'Internal Server Error' });
    if (stranger(request)) return unauthorized(reply);
    const order = desk.find(id);
    if (order?.direction === direction) return answerOf(order);
    const code = direction === 'COLLECTION' ? 'DP00800001025' : 'DP00900001015';
    return { data: {}, status: statusOf(code, false, 'Transaction Not Found') };
  };

  return {
    retries: 0,
    routes: (app) => {
      app.post('/auth/oauth2/token', async (request, reply) => {
        const given = token.safeParse(request.body);
        const { clientId, clientSecret } = credentials.airteltigo;
        if (!given.success || given.data.client_id !== clientId || given.data.client_secret !== clientSecret)
          return reply.code(401).send({ error_description: 'Invalid client authentication', error: 'invalid_client' });
        return { token_type: 'bearer', expires_in: '180', access_token: tokens.issue('airteltigo') };
      });
      app.post('/merchant/v1/payments/', (request, reply) => submit(reply, request, collectionIn(request)));
      app.post('/standard/v1/disbursements/', (request, reply) => submit(reply, request, disbursementIn(request)));
      app.get('/standard/v1/payments/:id', (request, reply) => enquire(reply, request, 'COLLECTION'));
      app.get('/standard/v1/disbursements/:id', (request, reply) => enquire(reply, request, 'PAYOUT'));
      app.get('/standard/v1/users/balance', async (request, reply) => {
        if (stranger(request)) return unauthorized(reply);
        const [float] = books.floats(desk.rail);
        const data = {
          balance: float ? formatAmount(float).replace(/\B(?=(\d{3})+(?=\.))/g, ',') : '0',
          currency: float?.currency ?? 'GHS',
          account_status: 'Active',
        };
        return { data, status: { ...statusOf('DP02100000001', true, 'SUCCESS') } };
      });
    },
    tell: (order, { forged }) => {
      const url = callbackAddress();
      if (url === undefined) return undefined;
      const success = (order.state === 'SUCCEEDED') !== forged;
      const code = order.state === 'PENDING' ? 'TIP' : success ? 'TS' : 'TF';
      const { amount, currency } = { amount: formatAmount(order.amount), currency: order.amount.currency };
      const transaction = {
        id: order.reference,
        message: `Paid ${currency} ${amount}, Trans ID ${order.railReference}.`,
        status_code: code,
        airtel_money_id: order.railReference,
      };
      const key = forged ? 'guessed' : credentials.airteltigo.callbackKey;
      const hash = createHmac('sha256', key).update(JSON.stringify({ transaction })).digest('base64');
      const body = JSON.stringify({ transaction, hash });
      return { method: 'POST', url: `${url}/airteltigo-money`, headers: { 'content-type': 'application/json' }, body };
    },
  };
}

function collectionIn({ body }: FastifyRequest): NewOrder | undefined {
  const given = collection.safeParse(body);
  if (!given.success) return undefined;
  const { subscriber, transaction, reference: details } = given.data;
  const amount = amountIn(transaction.amount, transaction.currency);
  if (!amount) return undefined;
  const party = `233${subscriber.msisdn}`;
  return {
    reference: transaction.id,
    direction: 'COLLECTION',
    amount,
    party,
    charge: 0n,
    details: { reference: details },
  };
}

function disbursementIn({ body, headers }: FastifyRequest): NewOrder | undefined {
  const given = disbursement.safeParse(body);
  if (!given.success || unsealed(given.data.pin) !== credentials.airteltigo.pin) return undefined;
  const { payee, transaction, reference: details } = given.data;
  const amount = amountIn(transaction.amount, String(headers['x-currency']));
  if (!amount) return undefined;
  const party = `233${payee.msisdn}`;
  return { reference: transaction.id, direction: 'PAYOUT', amount, party, charge: 0n, details: { reference: details } };
}

function answerOf(order: Order): object {
  const { reference: id, railReference: airtel_money_id, state, direction, refusal } = order;
  const series = direction === 'COLLECTION' ? 'DP0080000' : 'DP0090000';
  const named =
    direction === 'COLLECTION' ? { id, airtel_money_id } : { id, airtel_money_id, reference_id: airtel_money_id };
  switch (state) {
    case 'PENDING':
      return {
        data: { transaction: { ...named, status: 'TIP' } },
        status: statusOf(`${series}1006`, true, 'In process'),
      };
    case 'SUCCEEDED':
    case 'RETURNED':
      return { data: { transaction: { ...named, status: 'TS' } }, status: statusOf(`${series}1001`, true, 'Success') };
    case 'FAILED':
      return {
        data: { transaction: { ...named, status: 'TF' } },
        status: statusOf(`${series}${codeOf(refusal, direction)}`, false, 'Failed'),
      };
  }
}

/** The end of a response code, after the series of its product. */
function codeOf(refusal: Refusal | null, direction: Order['direction']): string {
  const pulling = direction === 'COLLECTION';
  switch (refusal) {
    case 'PARTY_UNKNOWN':
      return pulling ? '1010' : '1012';
    case 'PARTY_FUNDS':
    case 'FLOAT':
      return '1007';
    case 'PARTY_DECLINED':
      return pulling ? '1008' : '1013';
    case 'PARTY_BLOCKED':
      return pulling ? '1010' : '1013';
    case 'LIMIT':
      return '1003';
    default:
      return pulling ? '1009' : '1005';
  }
}

function duplicate(known: Order): object {
  // The documentation has a code for it among disbursements only.
  if (known.direction === 'COLLECTION') return answerOf(known);
  return { data: {}, status: statusOf('DP00900001017', false, 'Duplicate transaction Id') };
}

function statusOf(response_code: string, success: boolean, message: string): object {
  return { response_code, code: '200', success, result_code: 'ESB000010', message };
}

function unauthorized(reply: FastifyReply) {
  return reply
    .code(401)
    .send({ error: 'invalid_token', error_description: 'The access token is invalid or has expired' });
}

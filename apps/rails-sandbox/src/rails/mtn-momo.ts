import { formatAmount } from '@paygraph/money';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { amountIn } from '../amount.ts';
import type { Refusal } from '../behaviour.ts';
import type { Books, Order } from '../books.ts';
import { credentials } from '../credentials.ts';
import type { Desk } from '../desk.ts';
import type { Protocol } from '../protocol.ts';
import { bearerOf, type Tokens } from '../tokens.ts';

/*
 * MTN Mobile Money: the Collection and Disbursements products of momodeveloper.mtn.com.
 */

const products = {
  collection: { resource: 'requesttopay', direction: 'COLLECTION', party: 'payer' },
  disbursement: { resource: 'transfer', direction: 'PAYOUT', party: 'payee' },
} as const;
type ProductName = keyof typeof products;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const party = z.object({ partyIdType: z.literal('MSISDN'), partyId: z.string().regex(/^\d{8,15}$/) });
const body = z.object({
  amount: z.string(),
  currency: z.string(),
  externalId: z.string(),
  payer: party.optional(),
  payee: party.optional(),
  payerMessage: z
    .string()
    .max(160)
    .regex(/^[^']*$/),
  payeeNote: z
    .string()
    .max(160)
    .regex(/^[^']*$/),
});
const referenceParameter = z.object({ reference: z.string() });

export function mtnMomo({ desk, books, tokens }: { desk: Desk; books: Books; tokens: Tokens }): Protocol {
  const routesOf = (app: FastifyInstance, name: ProductName) => {
    const { resource, direction } = products[name];
    app.post(`/${name}/token/`, async (request, reply) => {
      const { apiUser, apiKey, subscriptionKey } = credentials.mtn[name];
      const basic = `Basic ${Buffer.from(`${apiUser}:${apiKey}`).toString('base64')}`;
      if (request.headers['ocp-apim-subscription-key'] !== subscriptionKey) return accessDenied(reply);
      if (request.headers.authorization !== basic) return reply.code(401).send({ error: 'login_failed' });
      return { access_token: tokens.issue(name), token_type: 'access_token', expires_in: 3600 };
    });
    app.post(`/${name}/v1_0/${resource}`, async (request, reply) => {
      const reference = String(request.headers['x-reference-id'] ?? '');
      const door = await desk.door(reference);
      if (door === 'UNAVAILABLE')
        return reply.code(503).send({ code: 'SERVICE_UNAVAILABLE', message: 'Try again later.' });
      if (door === 'ERROR') return internalError(reply);
      const refused = refuseCaller(request, reply, name, tokens);
      if (refused) return refused;
      const order = orderIn(request, name, reference);
      if (!order) return reply.code(400).send({ code: 'REQUEST_REJECTED', message: 'Bad request.' });
      if (desk.find(reference)) {
        const message = 'Duplicated reference id. Creation of resource failed.';
        return reply.code(409).send({ code: 'RESOURCE_ALREADY_EXIST', message });
      }
      desk.take({ ...order, direction }, () => false);
      return desk.answer(reply, reference, () => reply.code(202).send());
    });
    app.get(`/${name}/v1_0/${resource}/:reference`, async (request, reply) => {
      const { reference } = referenceParameter.parse(request.params);
      if ((await desk.question(reference)) === 'ERROR') return internalError(reply);
      const refused = refuseCaller(request, reply, name, tokens);
      if (refused) return refused;
      const order = desk.find(reference);
      if (order?.direction === direction) return resultOf(order);
      return reply.code(404).send({ code: 'RESOURCE_NOT_FOUND', message: 'Requested resource was not found.' });
    });
    app.get(`/${name}/v1_0/account/balance`, async (request, reply) => {
      const refused = refuseCaller(request, reply, name, tokens);
      if (refused) return refused;
      const [float] = books.floats(desk.rail);
      return { availableBalance: float ? formatAmount(float) : '0', currency: float?.currency ?? 'GHS' };
    });
  };

  return {
    retries: 0,
    routes: (app) => {
      // A token request has a content type and nothing after it.
      app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, _body, done) =>
        done(null),
      );
      routesOf(app, 'collection');
      routesOf(app, 'disbursement');
    },
    tell: (order, { forged }) => {
      const { callbackUrl } = order.details;
      if (callbackUrl === undefined) return undefined;
      const url = forged ? callbackUrl.replace(/\/[^/]+(\/[^/]+)$/, '/guessed$1') : callbackUrl;
      const told = forged ? opposite(order) : order;
      // The portal documents PUT, and POST is what many have seen: both must do.
      const method = order.reference < '8' ? 'PUT' : 'POST';
      const headers = { 'content-type': 'application/json' };
      return { method, url, headers, body: JSON.stringify(resultOf(told)) };
    },
  };
}

function refuseCaller(request: FastifyRequest, reply: FastifyReply, name: ProductName, tokens: Tokens) {
  if (request.headers['ocp-apim-subscription-key'] !== credentials.mtn[name].subscriptionKey)
    return accessDenied(reply);
  if (!tokens.isGood(bearerOf(request.headers.authorization), name))
    return reply.code(401).send({ error: 'invalid_token', error_description: 'Bearer token is not valid' });
  if (request.headers['x-target-environment'] === credentials.mtn.environment) return undefined;
  return reply
    .code(500)
    .send({ code: 'NOT_ALLOWED_TARGET_ENVIRONMENT', message: 'Access to target environment is forbidden.' });
}

function orderIn(request: FastifyRequest, name: ProductName, reference: string) {
  const given = body.safeParse(request.body);
  if (!uuid.test(reference) || !given.success) return undefined;
  const { amount: text, currency, externalId, payerMessage, payeeNote } = given.data;
  const amount = amountIn(text, currency);
  const other = given.data[products[name].party];
  if (!amount || !other) return undefined;
  const callbackUrl = request.headers['x-callback-url'];
  const details = { externalId, payerMessage, payeeNote, ...(typeof callbackUrl === 'string' && { callbackUrl }) };
  return { reference, amount, party: other.partyId, charge: 0n, details };
}

/** What a question is answered with, and what is called back. */
function resultOf(order: Order): object {
  const { direction, amount, party: partyId, details, state, refusal, railReference } = order;
  const other = { partyIdType: 'MSISDN', partyId };
  const { externalId, payerMessage, payeeNote } = details;
  return {
    ...(state === 'SUCCEEDED' && { financialTransactionId: railReference }),
    ...{ externalId, amount: formatAmount(amount), currency: amount.currency },
    ...(direction === 'COLLECTION' ? { payer: other } : { payee: other }),
    ...{ payerMessage, payeeNote },
    status: state === 'SUCCEEDED' ? 'SUCCESSFUL' : state === 'PENDING' ? 'PENDING' : 'FAILED',
    ...(state === 'FAILED' && { reason: { code: codeOf(refusal, direction), message: 'The request failed.' } }),
  };
}

function opposite(order: Order): Order {
  return order.state === 'SUCCEEDED'
    ? { ...order, state: 'FAILED', refusal: 'NOT_ALLOWED' }
    : { ...order, state: 'SUCCEEDED' };
}

function codeOf(refusal: Refusal | null, direction: Order['direction']): string {
  switch (refusal) {
    case 'PARTY_UNKNOWN':
      return direction === 'COLLECTION' ? 'PAYER_NOT_FOUND' : 'PAYEE_NOT_FOUND';
    case 'PARTY_FUNDS':
    case 'FLOAT':
      return 'NOT_ENOUGH_FUNDS';
    case 'PARTY_DECLINED':
      return 'APPROVAL_REJECTED';
    case 'PARTY_BLOCKED':
      return direction === 'COLLECTION' ? 'NOT_ALLOWED' : 'PAYEE_NOT_ALLOWED_TO_RECEIVE';
    case 'LIMIT':
      return 'PAYER_LIMIT_REACHED';
    default:
      return 'NOT_ALLOWED';
  }
}

function accessDenied(reply: FastifyReply) {
  const message =
    'Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.';
  return reply.code(401).send({ statusCode: 401, message });
}

function internalError(reply: FastifyReply) {
  return reply
    .code(500)
    .send({ code: 'INTERNAL_PROCESSING_ERROR', message: 'An internal error occurred while processing.' });
}

import { formatAmount, type Money } from '@paygraph/money';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { amountIn } from './amount.ts';
import { behaviourPatch, refusals } from './behaviour.ts';
import { type Books, type Order, type RailName, railNames } from './books.ts';
import type { RailsSandbox } from './sandbox.ts';

const railParameter = z.object({ rail: z.enum(railNames) });
const orderParameter = railParameter.extend({ reference: z.string() });
const refusal = z.enum(refusals);
const settleBody = z.strictObject({ refusal: refusal.optional() }).nullish();
const returnBody = z.strictObject({ refusal: refusal.default('PARTY_BLOCKED') }).nullish();
const moneyBody = z.strictObject({ amount: z.string(), currency: z.string() });
const creditBody = moneyBody.extend({
  sender: z.string().max(70),
  remittance: z.string().max(140),
  bankReference: z.string().max(35),
});

/**
 * The other side of the sandbox, for tests and people: what each rail has done and holds, and how it is to behave. Whoever
 * reaches it can do everything, so the sandbox listens on this machine only unless told otherwise.
 */
export function controlRoutes(app: FastifyInstance, sandbox: RailsSandbox, books: Books): void {
  const railIn = (params: unknown) => railParameter.parse(params).rail;
  const describe = (rail: RailName) => ({
    rail,
    floats: books.floats(rail).map(moneyOf),
    orders: countsOf(books.orders(rail)),
    behaviour: sandbox.behaviourOf(rail),
  });

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return bad(reply, z.prettifyError(error));
    if (error instanceof RangeError) return bad(reply, error.message);
    throw error;
  });
  app.get('/rails', async () => railNames.map(describe));
  app.get('/rails/:rail', async ({ params }) => describe(railIn(params)));
  app.get('/rails/:rail/orders', async ({ params }) => books.orders(railIn(params)).map(orderOf));
  app.get('/rails/:rail/orders/:reference', async ({ params }, reply) => {
    const { rail, reference } = orderParameter.parse(params);
    const order = books.find(rail, reference);
    return order ? orderOf(order) : reply.code(404).send({ message: 'No such order' });
  });
  app.patch('/rails/:rail/behaviour', async ({ params, body }) => {
    const rail = railIn(params);
    sandbox.behave(rail, behaviourPatch.parse(body));
    return sandbox.behaviourOf(rail);
  });
  app.post('/rails/:rail/float', async ({ params, body }, reply) => {
    const amount = moneyIn(moneyBody.parse(body));
    if (!amount) return bad(reply, 'not an amount');
    const rail = railIn(params);
    sandbox.fund(rail, amount);
    return describe(rail);
  });
  app.post('/rails/:rail/orders/:reference/settle', async ({ params, body }) => {
    const { rail, reference } = orderParameter.parse(params);
    return orderOf(sandbox.settle(rail, reference, settleBody.parse(body)?.refusal));
  });
  app.post('/rails/bank/orders/:reference/return', async ({ params, body }) => {
    const { reference } = z.object({ reference: z.string() }).parse(params);
    return orderOf(sandbox.returnTransfer(reference, returnBody.parse(body)?.refusal ?? 'PARTY_BLOCKED'));
  });
  app.post('/rails/bank/credits', async ({ body }, reply) => {
    const { sender, remittance, bankReference, ...given } = creditBody.parse(body);
    const amount = moneyIn(given);
    if (!amount) return bad(reply, 'not an amount');
    sandbox.credit({ amount, sender, remittance, bankReference });
    return describe('bank');
  });
}

function moneyIn({ amount, currency }: z.output<typeof moneyBody>): Money | undefined {
  return amountIn(amount, currency);
}

function moneyOf(money: Money): object {
  return { amount: formatAmount(money), currency: money.currency };
}

function orderOf(order: Order): object {
  const charge = { amount: order.charge, currency: order.amount.currency };
  return { ...order, amount: moneyOf(order.amount), charge: moneyOf(charge) };
}

function countsOf(orders: readonly Order[]): Record<Order['state'], number> {
  const counts = { PENDING: 0, SUCCEEDED: 0, FAILED: 0, RETURNED: 0 };
  for (const { state } of orders) counts[state] += 1;
  return counts;
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ message });
}

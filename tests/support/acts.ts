import { randomUUID } from 'node:crypto';
import { until } from '@paygraph/standalone';
import type { operations, Person } from '@paygraph/standalone/client';

/** Why something was not done; none when it was. */
export type Refusals = readonly { readonly code: string; readonly message: string }[];

/** Carries out a payment that waits for it: all of it, or so much. */
export function capture(person: Person, paymentId: string, amount?: operations.Money): Promise<Refusals> {
  return act(person, 'capturePayment', 'CapturePaymentInput', { paymentId, amount, idempotencyKey: randomUUID() });
}

/** Calls a payment off. */
export function cancel(person: Person, paymentId: string): Promise<Refusals> {
  return act(person, 'cancelPayment', 'CancelPaymentInput', { paymentId });
}

/** Gives a payment back: all that is left of it, or so much. */
export function refund(person: Person, paymentId: string, amount?: operations.Money): Promise<Refusals> {
  return act(person, 'refundPayment', 'RefundPaymentInput', { paymentId, amount, idempotencyKey: randomUUID() });
}

/** Tries a payment that is under way again at once, as operators do. */
export function retry(operator: Person, paymentId: string, note = 'a journey'): Promise<Refusals> {
  return act(operator, 'retryPayment', 'RetryPaymentInput', { paymentId, note });
}

async function act({ graph }: Person, name: string, type: string, input: object): Promise<Refusals> {
  const query = `mutation ($input: ${type}!) { done: ${name}(input: $input) { userErrors { code message } } }`;
  return (await graph<{ done: { userErrors: Refusals } }>(query, { input })).done.userErrors;
}

export interface RefundStanding {
  readonly state: 'PENDING' | 'PROCESSING' | 'SUCCEEDED' | 'FAILED';
  readonly amount: operations.Money;
}

/** The refunds of a payment, as they stand. */
export async function refundsOf({ graph }: Person, id: string): Promise<readonly RefundStanding[]> {
  const query = 'query ($id: ID!) { payment(id: $id) { refunds { state amount { amount currency } } } }';
  return (await graph<{ payment: { refunds: readonly RefundStanding[] } }>(query, { id })).payment.refunds;
}

/** The refunds of a payment once none is under way, asked for every so often. */
export async function refundsEnded(
  person: Person,
  id: string,
  withinMs = 60_000,
  everyMs = 50,
): Promise<readonly RefundStanding[]> {
  let refunds: readonly RefundStanding[] = [];
  const haveEnded = async () => {
    refunds = await refundsOf(person, id);
    return refunds.every(({ state }) => state === 'SUCCEEDED' || state === 'FAILED');
  };
  await until(`no refund of ${id} is under way`, withinMs, haveEnded, everyMs);
  return refunds;
}

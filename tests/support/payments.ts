import { randomUUID } from 'node:crypto';
import { operations, type Person, pay, quotePayment, recordDeposit, watchPayment } from '@paygraph/standalone/client';
import type { Customer } from './platform.ts';

/** An amount as a person writes it: `25.00 USD`. */
export function money(text: string): operations.Money {
  const [amount, currency] = text.split(' ');
  if (amount === undefined || currency === undefined) throw new Error(`Not an amount: ${text}`);
  return { amount, currency };
}

export interface Transfer {
  readonly payerWalletId: string;
  readonly payeeWalletId: string;
  readonly amount: operations.Money;
}

/** From the payer's wallet in one currency to the payee's in the same or another. `amount` reads like `25.00 USD`. */
export function transfer(payer: Customer, payee: Customer, amount: string, from: string, to = from): Transfer {
  return { payerWalletId: payer.wallet(from), payeeWalletId: payee.wallet(to), amount: money(amount) };
}

/** Pays, at the price of a quote where currencies differ. Answers the payment's id. */
export async function payNow(payer: Customer, route: Transfer, { quoted = false } = {}): Promise<string> {
  const quote = quoted ? { quoteId: (await quotePayment(payer, route)).id } : {};
  const { id } = await pay(payer, { ...route, ...quote, idempotencyKey: randomUUID() });
  return id;
}

/** How a payment ended, or stands if it has not. */
export interface Outcome {
  readonly state: string;
  readonly failure: string | null;
}

/** Waits until a payment is settled, as one who sees it is told. */
export async function outcomeOf(person: Person, paymentId: string): Promise<Outcome> {
  for await (const _step of watchPayment(person, paymentId));
  return standingOf(person, paymentId);
}

/** Where a payment stands, as somebody sees it. */
export async function standingOf({ graph }: Person, id: string): Promise<Outcome> {
  const { payment } = await graph<operations.PaymentState>(operations.paymentState, { id });
  if (!payment) throw new Error(`${id} cannot be seen`);
  return { state: payment.state, failure: payment.failure?.code ?? null };
}

/** Money arrives in a wallet from outside. */
export async function deposit(operator: Person, walletId: string, amount: operations.Money): Promise<string> {
  const id = await recordDeposit(operator, { idempotencyKey: randomUUID(), walletId, amount, reference: 'Test' });
  const { state } = await outcomeOf(operator, id);
  if (state !== 'CONFIRMED') throw new Error(`The deposit ${id} ended ${state}`);
  return id;
}

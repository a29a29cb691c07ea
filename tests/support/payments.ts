import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import {
  balanceOf,
  type OutsideParty,
  operations,
  type Person,
  pay,
  quotePayment,
  type Route,
  recordDeposit,
  watchPayment,
} from '@paygraph/standalone/client';
import type { Customer, TestPlatform } from './platform.ts';

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

/** Somebody in Ghana with a mobile-money account of MTN's. */
export const mtnNumber: OutsideParty = { mobileMoney: { phoneNumber: '+233241234567' } };
/** Somebody with a bank account. */
export const bankAccount: OutsideParty = { bankAccount: { iban: 'GB29 NWBK 6016 1331 9268 19', name: 'Ben' } };

/** Out of a wallet in the amount's currency to somebody outside. `amount` reads like `25.00 GHS`. */
export function payout(payer: Customer, payee: OutsideParty, amount: string): Route {
  return { payerWalletId: payer.wallet(money(amount).currency), payee, amount: money(amount) };
}

/** From somebody outside into a wallet in the amount's currency. `amount` reads like `25.00 GHS`. */
export function collection(payee: Customer, payer: OutsideParty, amount: string): Route {
  return { payer, payeeWalletId: payee.wallet(money(amount).currency), amount: money(amount) };
}

export interface PayOptions {
  /** At the price of a quote, as it has to be where currencies differ. */
  readonly quoted?: boolean;
  readonly captureMethod?: 'AUTOMATIC' | 'MANUAL';
}

/** Pays, or collects. Answers the payment's id. */
export async function payNow(person: Person, route: Route, options: PayOptions = {}): Promise<string> {
  const { quoted, ...how } = options;
  const quote = quoted ? { quoteId: (await quotePayment(person, route)).id } : {};
  const { id } = await pay(person, { ...route, ...how, ...quote, idempotencyKey: randomUUID() });
  return id;
}

/** What somebody may spend of their wallet in a currency, such as `99.00`. */
export async function availableTo(person: Customer, currency: string): Promise<string> {
  return (await balanceOf(person, person.wallet(currency))).amount;
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

/** Waits until a payment is in a state, as one who sees it is told. */
export async function reached({ live }: Person, id: string, state: string): Promise<void> {
  const query = 'subscription ($id: ID!) { paymentStateChanged(paymentId: $id) { state } }';
  for await (const { data } of live.iterate<{ paymentStateChanged: { state: string } }>({ query, variables: { id } }))
    if (data?.paymentStateChanged.state === state) return;
  throw new Error(`${id} ended without having been ${state}`);
}

/** Where a payment stands, as somebody sees it. */
export async function standingOf({ graph }: Person, id: string): Promise<Outcome> {
  const { payment } = await graph<operations.PaymentState>(operations.paymentState, { id });
  if (!payment) throw new Error(`${id} cannot be seen`);
  return { state: payment.state, failure: payment.failure?.code ?? null };
}

/** Lets a payment's time run out now. */
export async function runOut({ databases }: Pick<TestPlatform, 'databases'>, id: string): Promise<void> {
  const past = `UPDATE payment SET created_at = created_at - interval '2 days', expires_at = clock_timestamp() WHERE id = $1`;
  await query(databases.payment.migrationUrl, past, [id]);
}

/** Money arrives in a wallet from outside. */
export async function deposit(operator: Person, walletId: string, amount: operations.Money): Promise<string> {
  const id = await recordDeposit(operator, {
    idempotencyKey: randomUUID(),
    walletId,
    amount,
    reference: `Test ${randomUUID()}`,
  });
  const { state } = await outcomeOf(operator, id);
  if (state !== 'CONFIRMED') throw new Error(`The deposit ${id} ended ${state}`);
  return id;
}

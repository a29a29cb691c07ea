import { resuming } from '@paygraph/client';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createGraphClient, type GraphClient } from './graph-client.ts';
import * as operations from './operations.ts';

/** Somebody signed in: over HTTP, and live over a WebSocket that opens with the first subscription. */
export interface Person {
  readonly name: string;
  readonly accessToken: string;
  readonly graph: GraphClient;
  readonly live: Client;
}

/** Registers somebody new. @throws when the platform refuses. */
export async function registerPerson(
  url: string,
  { displayName, email, password }: { displayName: string; email: string; password: string },
): Promise<Person> {
  const input = { displayName, email, password };
  const { register } = await createGraphClient(url)<operations.Register>(operations.register, { input });
  const { accessToken } = granted(register.session, register);
  return personWith(url, displayName, accessToken);
}

/** Signs somebody in who is registered. @throws when the platform refuses. */
export async function signIn(url: string, email: string, password: string): Promise<Person> {
  const { logIn } = await createGraphClient(url)<operations.LogIn>(operations.logIn, { input: { email, password } });
  const { accessToken } = granted(logIn.session, logIn);
  return personWith(url, email, accessToken);
}

/** Whoever holds this access token. */
export function personWith(
  url: string,
  name: string,
  accessToken: string,
  connectionParams: () => Record<string, unknown> = () => ({ authorization: `Bearer ${accessToken}` }),
): Person {
  const live = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    // Who loses the connection hears of it at once: what is asked without a cursor would begin anew.
    retryAttempts: 0,
  });
  return { name, accessToken, graph: createGraphClient(url, accessToken), live };
}

/** The id of a new wallet. */
export async function openWallet({ graph }: Person, currency: string): Promise<string> {
  const { openWallet } = await graph<operations.OpenWallet>(operations.openWallet, { input: { currency } });
  return granted(openWallet.wallet, openWallet).id;
}

export interface Deposit {
  readonly idempotencyKey: string;
  readonly walletId: string;
  readonly amount: operations.Money;
  readonly reference: string;
}

/** The id of a new deposit, recorded by an operator. */
export async function recordDeposit({ graph }: Person, input: Deposit): Promise<string> {
  const { recordDeposit } = await graph<operations.RecordDeposit>(operations.recordDeposit, { input });
  return granted(recordDeposit.payment, recordDeposit).id;
}

/** Somebody outside the platform: by mobile-money number or bank account. */
export type OutsideParty =
  | { readonly mobileMoney: { readonly phoneNumber: string; readonly network?: string } }
  | { readonly bankAccount: { readonly iban: string; readonly name: string } };

/** From where to where, and how much: between wallets, to somebody outside, or from somebody outside. */
export type Route = { readonly amount: operations.Money; readonly payeeCurrency?: string } & (
  | { readonly payerWalletId: string; readonly payeeWalletId: string }
  | { readonly payerWalletId: string; readonly payee: OutsideParty }
  | { readonly payer: OutsideParty; readonly payeeWalletId: string }
);

export async function quotePayment({ graph }: Person, input: Route): Promise<operations.Quote> {
  const { createPaymentQuote } = await graph<operations.CreateQuote>(operations.createQuote, { input });
  return granted(createPaymentQuote.quote, createPaymentQuote);
}

export async function pay(
  { graph }: Person,
  input: Route & {
    readonly idempotencyKey: string;
    readonly quoteId?: string;
    readonly captureMethod?: 'AUTOMATIC' | 'MANUAL';
    readonly metadata?: Readonly<Record<string, unknown>>;
  },
): Promise<{ readonly id: string; readonly replayed: boolean }> {
  const { createPayment } = await graph<operations.CreatePayment>(operations.createPayment, { input });
  return { id: granted(createPayment.payment, createPayment).id, replayed: createPayment.replayed };
}

export async function balanceOf({ graph }: Person, walletId: string): Promise<operations.Money> {
  const { wallet } = await graph<operations.Balance>(operations.balance, { id: walletId });
  if (!wallet?.balance) throw new Error(`The balance of ${walletId} cannot be seen`);
  return wallet.balance.available;
}

export type Step = operations.Watch['paymentStateChanged'];

/**
 * The steps of a payment after `afterSequence` as they are pushed, until it is settled: each once, whatever services come
 * and go behind the gateway meanwhile.
 */
export async function* watchPayment({ live }: Person, paymentId: string, afterSequence = 0): AsyncGenerator<Step> {
  const variables = { id: paymentId, afterSequence };
  for await (const { data, errors } of resuming(live).iterate<operations.Watch>({
    query: operations.watch,
    variables,
  })) {
    if (errors) throw new Error(`The subscription answered ${JSON.stringify(errors)}`);
    if (!data) continue;
    yield data.paymentStateChanged;
    if (data.paymentStateChanged.settled) return;
  }
}

function granted<T>(result: T | null, { userErrors }: operations.Refusals): T {
  if (result !== null) return result;
  throw new Error(`Refused: ${userErrors.map(({ code, message }) => `${code}: ${message}`).join('; ')}`);
}

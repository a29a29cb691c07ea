import { constants, type KeyObject, publicEncrypt } from 'node:crypto';
import { formatAmount } from '@paygraph/money';
import type { MobileAdapterOptions } from '../adapter.ts';
import { createHttpClient, describeOutcome, type HttpAnswer, type HttpOutcome } from '../http/client.ts';
import { jsonWithNumericAmount, readAmount, readJson } from '../http/json.ts';
import { createTokenSource, withToken } from '../http/token.ts';
import type { RailDirection, RailInstruction } from '../instruction.ts';
import type { StatusOutcome, SubmitOutcome } from '../outcome.ts';
import { nationalNumberOf } from '../phone/network.ts';
import type { RailAdapter } from '../rail.ts';
import { compactReference } from '../reference.ts';
import { priceOf } from '../terms.ts';
import { readCallback } from './callback.ts';
import { meaningOf } from './codes.ts';
import { balanceAnswer, type TransactionAnswer, tokenAnswer, transactionAnswer } from './wire.ts';

export interface AirtelTigoOptions extends MobileAdapterOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The PIN of the disbursement wallet; it leaves us only encrypted. */
  readonly pin: string;
  /** Airtel's RSA key for the PIN. */
  readonly pinKey: KeyObject;
  /** The key that Airtel signs callbacks with. */
  readonly callbackKey: string;
}

const country = 'GH';
const paths: Record<RailDirection, { readonly submit: string; readonly status: string }> = {
  COLLECTION: { submit: '/merchant/v1/payments/', status: '/standard/v1/payments' },
  PAYOUT: { submit: '/standard/v1/disbursements/', status: '/standard/v1/disbursements' },
};

/**
 * AirtelTigo Money in Ghana. AirtelTigo publishes no API of its own; this speaks Airtel Africa's Open API
 * (developers.airtel.africa), the nearest public documentation and the platform its wallets came from. Our reference,
 * without dashes, is the transaction's `id`.
 */
export function createAirtelTigoMoney(options: AirtelTigoOptions): RailAdapter {
  const { terms, callbackKey } = options;
  const http = createHttpClient(options);

  const tokens = createTokenSource(async () => {
    const { clientId, clientSecret, timeoutMs } = options;
    const body = JSON.stringify({ client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials' });
    const headers = { 'content-type': 'application/json', accept: '*/*' };
    const request = { method: 'POST', path: '/auth/oauth2/token', headers, body } as const;
    const outcome = await http.call(request, AbortSignal.timeout(timeoutMs));
    const answer =
      outcome.kind === 'ANSWER' && outcome.status === 200 ? readJson(outcome.body, tokenAnswer) : undefined;
    if (!answer) return { kind: 'NOT_SENT', why: `no token: ${describeOutcome('Airtel', outcome)}` };
    return { kind: 'TOKEN', value: answer.access_token, lifetimeMs: answer.expires_in * 1_000 };
  });

  const call = (
    request: { method: 'GET' | 'POST'; path: string; body?: string },
    currency: string,
    signal: AbortSignal,
  ): Promise<HttpOutcome> =>
    withToken(
      tokens,
      (token) => {
        const headers = {
          'x-country': country,
          'x-currency': currency,
          accept: '*/*',
          authorization: `Bearer ${token}`,
        };
        return http.call({ ...request, headers: { ...headers, 'content-type': 'application/json' } }, signal);
      },
      (outcome) => outcome.kind === 'ANSWER' && outcome.status === 401,
    );

  const status: RailAdapter['status'] = async ({ direction, reference, amount }, { signal }) => {
    const path = `${paths[direction].status}/${compactReference(reference)}`;
    return readStatus(await call({ method: 'GET', path }, amount.currency, signal), direction);
  };
  const submit: RailAdapter['submit'] = async (instruction, { signal }) => {
    const { direction, amount } = instruction;
    const body = jsonWithNumericAmount(requestOf(instruction, options));
    const outcome = await call({ method: 'POST', path: paths[direction].submit, body }, amount.currency, signal);
    if (outcome.kind !== 'ANSWER') return outcome;
    const answer = readJson(outcome.body, transactionAnswer);
    const meaning = meaningOf(answer?.status.response_code, direction);
    if (meaning?.kind !== 'DUPLICATE') return readSubmit(outcome, answer, direction);
    const known = await status(instruction, { signal });
    return known.kind === 'UNSEEN' || known.kind === 'RETURNED' ? { kind: 'ACCEPTED', railReference: null } : known;
  };

  return {
    name: 'airteltigo-money',
    displayName: 'AirtelTigo Money',
    capabilities: {
      directions: ['COLLECTION', 'PAYOUT'],
      counterparties: ['MOBILE_MONEY'],
      networks: ['AIRTELTIGO'],
      payoutNetworks: options.payoutNetworks,
      currencies: terms.limits,
      cancels: false,
      callsPerSecond: 10,
      concurrentCalls: 8,
      // The documentation does not say when a reference that is not found will never be.
      unseenIsFinalAfterMs: null,
    },
    submit,
    status,
    cancel: async () => ({ kind: 'UNSUPPORTED' }),
    fee: ({ direction, amount, counterparty }) => {
      const abroad = counterparty.type === 'MOBILE_MONEY' && counterparty.network !== 'AIRTELTIGO';
      return priceOf(terms, abroad ? 'PAYOUT_ELSEWHERE' : direction, amount);
    },
    float: async (currency, { signal }) => {
      const outcome = await call({ method: 'GET', path: '/standard/v1/users/balance' }, currency, signal);
      const answer =
        outcome.kind === 'ANSWER' && outcome.status === 200 ? readJson(outcome.body, balanceAnswer) : undefined;
      // Documented with thousands set apart: `37,600.00`.
      const money =
        answer && readAmount(String(answer.data.balance).replaceAll(',', ''), answer.data.currency, 'allow');
      return money?.currency === currency ? money : null;
    },
    webhook: (raw) => readCallback(raw, callbackKey),
  };
}

function requestOf(instruction: RailInstruction, { pin, pinKey }: AirtelTigoOptions): object {
  const { direction, reference, amount, endToEndId, counterparty } = instruction;
  if (counterparty.type !== 'MOBILE_MONEY')
    throw new TypeError('AirtelTigo Money carries to and from mobile numbers only');
  const msisdn = nationalNumberOf(counterparty.phoneNumber);
  const { currency } = amount;
  const transaction = { amount: formatAmount(amount), country, currency, id: compactReference(reference) };
  if (direction === 'COLLECTION')
    return { reference: endToEndId, subscriber: { country, currency, msisdn }, transaction };
  const { amount: figure, id } = transaction;
  return { payee: { msisdn }, reference: endToEndId, pin: sealed(pin, pinKey), transaction: { amount: figure, id } };
}

/** As the documentation wants the PIN: RSA with PKCS #1 v1.5 padding, in Base64. */
function sealed(pin: string, key: KeyObject): string {
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(pin)).toString('base64');
}

function readSubmit(
  outcome: HttpAnswer,
  answer: TransactionAnswer | undefined,
  direction: RailDirection,
): SubmitOutcome {
  const retryAfter = outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs };
  if (outcome.status === 429) return { kind: 'NOT_SENT', why: 'Airtel asks for fewer calls', ...retryAfter };
  if (outcome.status === 401 || outcome.status === 403)
    return { kind: 'NOT_SENT', why: `Airtel does not let us in (${outcome.status})` };
  const news = answer ? newsOf(answer, direction) : undefined;
  if (!news || news.kind === 'UNSEEN' || news.kind === 'RETURNED')
    return { kind: 'UNKNOWN', why: describeOutcome('Airtel', outcome) };
  return news;
}

function readStatus(outcome: HttpOutcome, direction: RailDirection): StatusOutcome {
  if (outcome.kind !== 'ANSWER') return { kind: 'UNKNOWN', why: outcome.why };
  const answer = readJson(outcome.body, transactionAnswer);
  return (answer && newsOf(answer, direction)) ?? { kind: 'UNKNOWN', why: describeOutcome('Airtel', outcome) };
}

/** The transaction's own status decides where there is one; the response code says why, or decides alone. */
function newsOf(answer: TransactionAnswer, direction: RailDirection): StatusOutcome | undefined {
  const { transaction } = answer.data ?? {};
  const railReference = transaction?.airtel_money_id ?? null;
  const code = answer.status.response_code;
  const meaning = meaningOf(code, direction);
  switch (transaction?.status) {
    case 'TS':
      return { kind: 'CONFIRMED', railReference, amount: null, charge: null };
    case 'TIP':
    case 'TA':
      return { kind: 'ACCEPTED', railReference };
    case 'TF':
    case 'TE': {
      const why = meaning?.kind === 'REFUSED' ? meaning.code : failureOf(transaction.status, direction);
      return { kind: 'REFUSED', code: why, railCode: code ?? transaction.status };
    }
  }
  switch (meaning?.kind) {
    case 'CONFIRMED':
      return { kind: 'CONFIRMED', railReference, amount: null, charge: null };
    case 'PENDING':
    case 'DUPLICATE':
      return { kind: 'ACCEPTED', railReference };
    case 'REFUSED':
      return { kind: 'REFUSED', code: meaning.code, railCode: code ?? '' };
    case 'UNSEEN':
      return { kind: 'UNSEEN' };
    default:
      return undefined;
  }
}

/** Without a code that says more, an expired collection is one that nobody approved. */
function failureOf(status: 'TF' | 'TE', direction: RailDirection): 'COUNTERPARTY_DECLINED' | 'NOT_ALLOWED' {
  return status === 'TE' && direction === 'COLLECTION' ? 'COUNTERPARTY_DECLINED' : 'NOT_ALLOWED';
}

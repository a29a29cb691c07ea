import { constants, type KeyObject, publicEncrypt, randomUUID } from 'node:crypto';
import { formatAmount } from '@paygraph/money';
import type { MobileAdapterOptions } from '../adapter.ts';
import { createHttpClient, describeOutcome, type HttpAnswer, type HttpOutcome } from '../http/client.ts';
import { readJson } from '../http/json.ts';
import { createTokenSource, withToken } from '../http/token.ts';
import type { RailDirection, RailInstruction } from '../instruction.ts';
import type { StatusOutcome, SubmitOutcome } from '../outcome.ts';
import { msisdnOf } from '../phone/network.ts';
import type { RailAdapter } from '../rail.ts';
import { compactReference } from '../reference.ts';
import { priceOf } from '../terms.ts';
import { readCallback } from './callback.ts';
import { meaningOf } from './codes.ts';
import { sessionAnswer, type TransactionAnswer, transactionAnswer } from './wire.ts';

export interface TelecelCashOptions extends MobileAdapterOptions {
  /** `sandbox` or `openapi`, the first part of every path. */
  readonly environment: string;
  readonly apiKey: string;
  /** The platform's RSA key that keys and sessions are encrypted with. */
  readonly publicKey: KeyObject;
  /** Our short code. */
  readonly serviceProviderCode: string;
  /** The origin registered with the application. */
  readonly origin: string;
  /** How long a session is good for in ms, as the application is configured in the portal. */
  readonly sessionMs: number;
  /** The platform does not sign: what comes to a path with this secret in it is from the platform. */
  readonly callbackSecret: string;
}

const market = 'vodafoneGHA';
const country = 'GHA';
const paths: Record<RailDirection, string> = { COLLECTION: 'c2bPayment/singleStage/', PAYOUT: 'b2cPayment/' };

/**
 * Telecel Cash (Vodafone Cash until 2024). Telecel publishes no API of its own; this speaks the M-Pesa OpenAPI, Vodafone's
 * public wallet API, which names Ghana among its markets. Our reference without dashes is the `ThirdPartyConversationID`.
 * The API tells no float. Results are called back unsigned, so they only make us ask.
 */
export function createTelecelCash(options: TelecelCashOptions): RailAdapter {
  const { terms, callbackSecret, environment, publicKey, origin, serviceProviderCode } = options;
  const http = createHttpClient(options);
  const pathOf = (path: string) => `/${environment}/ipg/v2/${market}/${path}`;
  const headersWith = (credential: string) => ({
    'content-type': 'application/json',
    authorization: `Bearer ${sealed(credential, publicKey)}`,
    origin,
  });

  const sessions = createTokenSource(async () => {
    const request = { method: 'GET', path: pathOf('getSession/'), headers: headersWith(options.apiKey) } as const;
    const outcome = await http.call(request, AbortSignal.timeout(options.timeoutMs));
    const answer =
      outcome.kind === 'ANSWER' && outcome.status === 200 ? readJson(outcome.body, sessionAnswer) : undefined;
    if (!answer) return { kind: 'NOT_SENT', why: `no session: ${describeOutcome('the platform', outcome)}` };
    return { kind: 'TOKEN', value: answer.output_SessionID, lifetimeMs: options.sessionMs };
  });
  const call = (request: { method: 'GET' | 'POST'; path: string; body?: string }, signal: AbortSignal) =>
    withToken(
      sessions,
      (session) => http.call({ ...request, path: pathOf(request.path), headers: headersWith(session) }, signal),
      refusesSession,
    );

  const status: RailAdapter['status'] = async (instruction, { signal }) => {
    const { reference } = instruction;
    const query = new URLSearchParams({
      input_QueryReference: compactReference(reference),
      input_ServiceProviderCode: serviceProviderCode,
      // Names this question, not the transaction asked about.
      input_ThirdPartyConversationID: compactReference(randomUUID()),
      input_Country: country,
    });
    const outcome = await call({ method: 'GET', path: `queryTransactionStatus/?${query}` }, signal);
    return readStatus(outcome, instruction);
  };
  const submit: RailAdapter['submit'] = async (instruction, { signal }) => {
    const { direction } = instruction;
    const body = JSON.stringify(requestOf(instruction, serviceProviderCode));
    const outcome = await call({ method: 'POST', path: paths[direction], body }, signal);
    if (outcome.kind !== 'ANSWER') return outcome;
    const answer = readJson(outcome.body, transactionAnswer);
    if (!answer || meaningOf(answer.output_ResponseCode, direction)?.kind !== 'DUPLICATE')
      return readSubmit(outcome, answer, direction);
    const known = await status(instruction, { signal });
    return known.kind === 'UNSEEN' || known.kind === 'RETURNED' ? { kind: 'ACCEPTED', railReference: null } : known;
  };

  return {
    name: 'telecel-cash',
    displayName: 'Telecel Cash',
    capabilities: {
      directions: ['COLLECTION', 'PAYOUT'],
      counterparties: ['MOBILE_MONEY'],
      networks: ['TELECEL'],
      payoutNetworks: options.payoutNetworks,
      currencies: terms.limits,
      cancels: false,
      callsPerSecond: 10,
      concurrentCalls: 8,
      unseenIsFinalAfterMs: null,
    },
    submit,
    status,
    cancel: async () => ({ kind: 'UNSUPPORTED' }),
    fee: ({ direction, amount, counterparty }) => {
      const abroad = counterparty.type === 'MOBILE_MONEY' && counterparty.network !== 'TELECEL';
      return priceOf(terms, abroad ? 'PAYOUT_ELSEWHERE' : direction, amount);
    },
    float: async () => null,
    webhook: (raw) => readCallback(raw, callbackSecret),
  };
}

/** RSA with PKCS #1 v1.5 padding, in Base64: how the platform wants every credential. */
function sealed(credential: string, key: KeyObject): string {
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(credential)).toString('base64');
}

function requestOf(instruction: RailInstruction, serviceProviderCode: string): object {
  const { direction, reference, amount, counterparty, narrative } = instruction;
  if (counterparty.type !== 'MOBILE_MONEY') throw new TypeError('Telecel Cash carries to and from mobile numbers only');
  const description = narrative.replace(/[^A-Za-z0-9 +]/g, ' ').slice(0, 256);
  const compact = compactReference(reference);
  return {
    input_Amount: formatAmount(amount),
    input_Country: country,
    input_Currency: amount.currency,
    input_CustomerMSISDN: msisdnOf(counterparty.phoneNumber),
    input_ServiceProviderCode: serviceProviderCode,
    input_ThirdPartyConversationID: compact,
    // At most 20 characters.
    input_TransactionReference: compact.slice(0, 20),
    ...(direction === 'COLLECTION'
      ? { input_PurchasedItemsDesc: description }
      : { input_PaymentItemsDesc: description }),
  };
}

/** A 401 is also how refusals such as INS-6 come: only one without a code, or with one of the door, is about the session. */
function refusesSession(outcome: HttpOutcome): boolean {
  if (outcome.kind !== 'ANSWER' || outcome.status !== 401) return false;
  const code = readJson(outcome.body, transactionAnswer)?.output_ResponseCode;
  return code === undefined || meaningOf(code, 'COLLECTION')?.kind === 'DOOR';
}

function readSubmit(
  outcome: HttpAnswer,
  answer: TransactionAnswer | undefined,
  direction: RailDirection,
): SubmitOutcome {
  const retryAfter = outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs };
  const meaning = answer && meaningOf(answer.output_ResponseCode, direction);
  if (outcome.status === 429 || meaning?.kind === 'DOOR')
    return { kind: 'NOT_SENT', why: describeOutcome('the platform', outcome), ...retryAfter };
  if (!answer || !meaning) return { kind: 'UNKNOWN', why: describeOutcome('the platform', outcome) };
  if (meaning.kind === 'REFUSED') return { ...meaning, railCode: answer.output_ResponseCode };
  if (meaning.kind !== 'PROCESSED') return { kind: 'UNKNOWN', why: answer.output_ResponseCode };
  // Answered in one go, the transaction has its id; with results called back, it has a conversation for the time being.
  const railReference = answer.output_TransactionID;
  if (railReference === null) return { kind: 'ACCEPTED', railReference: answer.output_ConversationID };
  return { kind: 'CONFIRMED', railReference, amount: null, charge: null };
}

function readStatus(outcome: HttpOutcome, { direction, amount }: RailInstruction): StatusOutcome {
  if (outcome.kind !== 'ANSWER') return { kind: 'UNKNOWN', why: outcome.why };
  const answer = readJson(outcome.body, transactionAnswer);
  if (!answer) return { kind: 'UNKNOWN', why: describeOutcome('the platform', outcome) };
  // "Transaction not found. Contact M-Pesa Support."
  if (answer.output_ResponseCode === 'INS-23') return { kind: 'UNSEEN' };
  if (answer.output_ResponseCode !== 'INS-0') return { kind: 'UNKNOWN', why: answer.output_ResponseCode };
  const railReference = answer.output_OriginalTransactionID ?? answer.output_TransactionID;
  const status = answer.output_ResponseTransactionStatus ?? '';
  const reversed = String(answer.output_Reversed).toLowerCase() === 'true';
  switch (status.toLowerCase()) {
    case 'completed':
      if (!reversed) return { kind: 'CONFIRMED', railReference, amount: null, charge: null };
      // A collection that was taken back is for people to look at.
      if (direction === 'COLLECTION') return { kind: 'UNKNOWN', why: 'it was reversed' };
      return { kind: 'RETURNED', railReference, amount, railCode: 'REVERSED' };
    case 'cancelled':
    case 'expired':
    case 'declined': {
      const code = direction === 'COLLECTION' ? 'COUNTERPARTY_DECLINED' : 'COUNTERPARTY_UNAVAILABLE';
      return { kind: 'REFUSED', code, railCode: status };
    }
    case 'failed':
      return { kind: 'REFUSED', code: 'NOT_ALLOWED', railCode: status };
    case 'n/a':
      return { kind: 'UNSEEN' };
    default:
      return { kind: 'ACCEPTED', railReference };
  }
}

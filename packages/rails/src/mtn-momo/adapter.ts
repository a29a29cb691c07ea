import { formatAmount } from '@paygraph/money';
import type { MobileAdapterOptions } from '../adapter.ts';
import { createHttpClient, describeOutcome, type HttpAnswer, type HttpOutcome } from '../http/client.ts';
import { readAmount, readJson } from '../http/json.ts';
import { createTokenSource, type TokenSource, withToken } from '../http/token.ts';
import type { RailDirection, RailInstruction } from '../instruction.ts';
import type { RailNews, RefusedByRail, StatusOutcome, SubmitOutcome, Unknown } from '../outcome.ts';
import { msisdnOf } from '../phone/network.ts';
import type { RailAdapter } from '../rail.ts';
import { nudgeByPath } from '../secret-path.ts';
import { priceOf } from '../terms.ts';
import { refusalOf, refusedAtOnce } from './reasons.ts';
import { balanceAnswer, errorAnswer, type TransactionAnswer, tokenAnswer, transactionAnswer } from './wire.ts';

/** What MTN issues for one of its products. */
export interface MtnProduct {
  readonly subscriptionKey: string;
  readonly apiUser: string;
  readonly apiKey: string;
}

export interface MtnMomoOptions extends MobileAdapterOptions {
  /** `mtnghana` in production, `sandbox` in MTN's sandbox. */
  readonly targetEnvironment: string;
  readonly collection: MtnProduct;
  readonly disbursement: MtnProduct;
  /** Where MTN is to call back, without the secret: its host must be the one registered with MTN. */
  readonly callbackUrl: string;
  /** MTN does not sign: what comes to a path with this secret in it is from MTN. */
  readonly callbackSecret: string;
}

interface Product extends MtnProduct {
  readonly path: 'collection' | 'disbursement';
  readonly resource: 'requesttopay' | 'transfer';
  readonly tokens: TokenSource;
}

/**
 * MTN Mobile Money: the Collection and Disbursements products of MTN's public API (momodeveloper.mtn.com). Our reference
 * is its `X-Reference-Id`. Callbacks are unsigned and come by POST or PUT, possibly once, so they only make us ask.
 */
export function createMtnMomo(options: MtnMomoOptions): RailAdapter {
  const { terms, callbackUrl, callbackSecret, targetEnvironment } = options;
  const http = createHttpClient(options);

  const issueTo = (path: Product['path'], product: MtnProduct) => async () => {
    const basic = Buffer.from(`${product.apiUser}:${product.apiKey}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, 'ocp-apim-subscription-key': product.subscriptionKey };
    const signal = AbortSignal.timeout(options.timeoutMs);
    const outcome = await http.call({ method: 'POST', path: `/${path}/token/`, headers, body: '' }, signal);
    const answer =
      outcome.kind === 'ANSWER' && outcome.status === 200 ? readJson(outcome.body, tokenAnswer) : undefined;
    if (!answer) return { kind: 'NOT_SENT', why: `no token: ${describeOutcome('MTN', outcome)}` } as const;
    return { kind: 'TOKEN', value: answer.access_token, lifetimeMs: answer.expires_in * 1_000 } as const;
  };
  const productOf = (path: Product['path'], resource: Product['resource'], product: MtnProduct): Product => ({
    ...{ ...product, path, resource },
    tokens: createTokenSource(issueTo(path, product)),
  });
  const products: Record<RailDirection, Product> = {
    COLLECTION: productOf('collection', 'requesttopay', options.collection),
    PAYOUT: productOf('disbursement', 'transfer', options.disbursement),
  };

  const call = (
    product: Product,
    request: { method: 'GET' | 'POST'; path: string; headers?: Record<string, string>; body?: string },
    signal: AbortSignal,
  ) =>
    withToken(
      product.tokens,
      (token) =>
        http.call(
          {
            ...request,
            path: `/${product.path}/v1_0/${request.path}`,
            headers: {
              authorization: `Bearer ${token}`,
              'x-target-environment': targetEnvironment,
              'ocp-apim-subscription-key': product.subscriptionKey,
              ...request.headers,
            },
          },
          signal,
        ),
      (outcome) => outcome.kind === 'ANSWER' && outcome.status === 401,
    );

  const status: RailAdapter['status'] = async ({ direction, reference }, { signal }) => {
    const product = products[direction];
    return readStatus(
      await call(product, { method: 'GET', path: `${product.resource}/${reference}` }, signal),
      direction,
    );
  };
  const submit: RailAdapter['submit'] = async (instruction, { signal }) => {
    const { direction, reference } = instruction;
    const product = products[direction];
    const headers = {
      'content-type': 'application/json',
      'x-reference-id': reference,
      'x-callback-url': `${callbackUrl.replace(/\/+$/, '')}/${callbackSecret}/${reference}`,
    };
    const body = JSON.stringify(requestOf(instruction));
    const outcome = await call(product, { method: 'POST', path: product.resource, headers, body }, signal);
    if (outcome.kind !== 'ANSWER') return outcome;
    if (outcome.status === 409) return knownAlready(await status(instruction, { signal }));
    return readSubmit(outcome, direction);
  };

  return {
    name: 'mtn-momo',
    displayName: 'MTN MoMo',
    capabilities: {
      directions: ['COLLECTION', 'PAYOUT'],
      counterparties: ['MOBILE_MONEY'],
      networks: ['MTN'],
      payoutNetworks: options.payoutNetworks,
      currencies: terms.limits,
      cancels: false,
      callsPerSecond: 20,
      concurrentCalls: 16,
      // A reference that MTN does not know can be handed over again: it takes each once.
      unseenIsFinalAfterMs: null,
    },
    submit,
    status,
    cancel: async () => ({ kind: 'UNSUPPORTED' }),
    fee: ({ direction, amount, counterparty }) => {
      const abroad = counterparty.type === 'MOBILE_MONEY' && counterparty.network !== 'MTN';
      return priceOf(terms, abroad ? 'PAYOUT_ELSEWHERE' : direction, amount);
    },
    float: async (currency, { signal }) => {
      const outcome = await call(products.PAYOUT, { method: 'GET', path: 'account/balance' }, signal);
      const answer =
        outcome.kind === 'ANSWER' && outcome.status === 200 ? readJson(outcome.body, balanceAnswer) : undefined;
      const money = answer && readAmount(answer.availableBalance, answer.currency, 'allow');
      return money?.currency === currency ? money : null;
    },
    webhook: (raw) => nudgeByPath(raw, callbackSecret, ['POST', 'PUT']),
  };
}

/** `requesttopay` and `transfer` differ only in whose account is named. Notes hold up to 160 characters, and no apostrophe. */
function requestOf({ direction, amount, endToEndId, counterparty, narrative }: RailInstruction): object {
  if (counterparty.type !== 'MOBILE_MONEY') throw new TypeError('MTN MoMo carries to and from mobile numbers only');
  const party = { partyIdType: 'MSISDN', partyId: msisdnOf(counterparty.phoneNumber) };
  const note = narrative.replace(/[^\w .,:/-]/g, ' ').slice(0, 160);
  return {
    ...{ amount: formatAmount(amount), currency: amount.currency, externalId: endToEndId },
    ...(direction === 'COLLECTION' ? { payer: party } : { payee: party }),
    ...{ payerMessage: note, payeeNote: note },
  };
}

function readSubmit(answer: HttpAnswer, direction: RailDirection): SubmitOutcome {
  if (answer.status === 202) return { kind: 'ACCEPTED', railReference: null };
  const code = readJson(answer.body, errorAnswer)?.code;
  const retryAfter = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
  switch (answer.status) {
    case 429:
      return { kind: 'NOT_SENT', why: 'MTN asks for fewer calls', ...retryAfter };
    case 401:
    case 403:
      return { kind: 'NOT_SENT', why: `MTN does not let us in (${answer.status})` };
    case 400:
    case 404:
      return refused(code ?? `HTTP_${answer.status}`, direction);
    case 503:
      // Only MTN's own word that it did not take it; a proxy's 503 may stand between us and an answer.
      if (code === 'SERVICE_UNAVAILABLE') return { kind: 'NOT_SENT', why: 'MTN is out of service', ...retryAfter };
      break;
    case 500:
      if (code !== undefined && refusedAtOnce.has(code)) return refused(code, direction);
      break;
  }
  return { kind: 'UNKNOWN', why: describeOutcome('MTN', answer) };
}

function readStatus(outcome: HttpOutcome, direction: RailDirection): StatusOutcome {
  if (outcome.kind !== 'ANSWER') return { kind: 'UNKNOWN', why: outcome.why };
  if (outcome.status === 404) return { kind: 'UNSEEN' };
  const transaction = outcome.status === 200 ? readJson(outcome.body, transactionAnswer) : undefined;
  return transaction ? newsOf(transaction, direction) : { kind: 'UNKNOWN', why: describeOutcome('MTN', outcome) };
}

function newsOf(transaction: TransactionAnswer, direction: RailDirection): RailNews | Unknown {
  const { status, financialTransactionId, amount, currency, reason } = transaction;
  const railReference = financialTransactionId === undefined ? null : String(financialTransactionId);
  switch (status) {
    case 'CREATED':
    case 'PENDING':
      return { kind: 'ACCEPTED', railReference };
    case 'FAILED':
      return refused((typeof reason === 'string' ? reason : reason?.code) ?? 'UNSPECIFIED', direction);
    case 'SUCCESSFUL': {
      if (amount === undefined || currency === undefined)
        return { kind: 'CONFIRMED', railReference, amount: null, charge: null };
      const moved = readAmount(amount, currency);
      if (!moved) return { kind: 'UNKNOWN', why: 'MTN states an amount that cannot be read' };
      return { kind: 'CONFIRMED', railReference, amount: moved, charge: null };
    }
  }
}

/** After `RESOURCE_ALREADY_EXIST`: MTN has it, so a status that it cannot show yet is not one of never having had it. */
function knownAlready(outcome: StatusOutcome): SubmitOutcome {
  if (outcome.kind === 'UNSEEN') return { kind: 'ACCEPTED', railReference: null };
  return outcome.kind === 'RETURNED' ? { kind: 'UNKNOWN', why: 'MTN returns no payments' } : outcome;
}

function refused(railCode: string, direction: RailDirection): RefusedByRail {
  return { kind: 'REFUSED', code: refusalOf(railCode, direction), railCode };
}

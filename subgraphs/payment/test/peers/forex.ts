import { newId } from '@paygraph/ids';
import {
  afterSpread,
  convertCredit,
  convertDebit,
  currencyOf,
  formatAmount,
  formatRate,
  type Money,
  midBetweenMinorUnits,
  type Price,
  parseAmount,
  parseRate,
} from '@paygraph/money';
import type { ForexErrorCode, ForexQuoteInput, ForexQuoteLockInput } from '../../src/generated/peers/forex.ts';
import { type PeerServer, startPeerServer } from './server.ts';

interface Quote {
  readonly id: string;
  readonly source: object;
  readonly target: object;
  readonly targetAtMid: object;
  readonly mid: { readonly numerator: string; readonly denominator: string };
  readonly spreadBasisPoints: number;
  readonly customerRate: string;
  expiresAt: string;
  paymentId: string | null;
}

/** Forex in memory: rates as set, a spread of 50 basis points, each quote locked to at most one payment. */
export interface SimulatedForex extends PeerServer {
  /** Units of `to` for one of `from`; no rate if null. */
  setRate(from: string, to: string, mid: string | null): void;
  /** Lets every quote made so far run out. */
  expireQuotes(): void;
  /** Locks a quote to some other payment. */
  takeQuotes(): void;
}

const spreadBasisPoints = 50;

export async function startForex(): Promise<SimulatedForex> {
  const rates = new Map<string, string>();
  const quotes = new Map<string, Quote>();

  const quoted = (request: ForexQuoteInput) => {
    const mid = parseRate(rates.get(`${request.sourceCurrency} ${request.targetCurrency}`) ?? '');
    if (!mid) return refuse('RATE_NOT_AVAILABLE');
    const from = currencyOf(request.sourceCurrency);
    const to = currencyOf(request.targetCurrency);
    const price: Price = { from, to, mid, spreadBasisPoints };
    const converted = request.sourceAmount
      ? convertDebit(amountOf(request.sourceAmount), price)
      : convertCredit(amountOf(request.targetAmount), price);
    if (converted.kind !== 'converted') return refuse(converted.kind);
    const quote: Quote = {
      id: newId('fxq'),
      source: wire(converted.conversion.debit),
      target: wire(converted.conversion.credit),
      targetAtMid: wire(converted.conversion.position),
      mid: exact(price),
      spreadBasisPoints,
      customerRate: formatRate(afterSpread(mid, spreadBasisPoints)),
      expiresAt: new Date(Date.now() + 30_000).toISOString(),
      paymentId: null,
    };
    quotes.set(quote.id, quote);
    return { quote, code: null };
  };
  const lock = ({ quoteId, paymentId }: ForexQuoteLockInput) => {
    const quote = quotes.get(quoteId);
    if (!quote) return refuse('QUOTE_NOT_FOUND');
    if (quote.paymentId !== null && quote.paymentId !== paymentId) return refuse('QUOTE_ALREADY_USED');
    if (quote.paymentId === null && Date.parse(quote.expiresAt) <= Date.now()) return refuse('QUOTE_EXPIRED');
    quote.paymentId = paymentId;
    return { quote, code: null };
  };

  const server = await startPeerServer('forex', {
    createForexQuotes: (args: { requests: ForexQuoteInput[] }) => args.requests.map(quoted),
    lockForexQuotes: (args: { locks: ForexQuoteLockInput[] }) => args.locks.map(lock),
  });
  return {
    ...server,
    setRate(from, to, mid) {
      if (mid === null) rates.delete(`${from} ${to}`);
      else rates.set(`${from} ${to}`, mid);
    },
    expireQuotes() {
      for (const quote of quotes.values()) quote.expiresAt = new Date(Date.now() - 1).toISOString();
    },
    takeQuotes() {
      for (const quote of quotes.values()) quote.paymentId ??= newId('pay');
    },
  };
}

function refuse(code: ForexErrorCode) {
  return { quote: null, code };
}

function exact(price: Price) {
  const { numerator, denominator } = midBetweenMinorUnits(price);
  return { numerator: numerator.toString(), denominator: denominator.toString() };
}

function wire(money: Money): object {
  return { amount: formatAmount(money), currency: money.currency };
}

function amountOf(input: { readonly amount: string; readonly currency: string } | null | undefined): bigint {
  if (!input) throw new Error('neither amount is given');
  const parsed = parseAmount(input.amount, currencyOf(input.currency));
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.money.amount;
}

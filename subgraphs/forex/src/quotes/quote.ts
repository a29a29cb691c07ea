import type { Id } from '@paygraph/ids';
import {
  type AmountFault,
  type Conversion,
  type Currency,
  convertCredit,
  convertDebit,
  type ParsedAmount,
  type Price,
  parseAmount,
} from '@paygraph/money';
import type { ForexErrorCode } from '../generated/graphql.ts';
import { pairRate, type SpotRate } from '../rates/pair-rate.ts';
import type { SpreadTable } from '../rates/spread.ts';

/** A conversion at a fixed rate. */
export interface PricedConversion {
  readonly conversion: Conversion;
  readonly price: Price;
}

/** A conversion that is offered until it expires, and lasts once it is locked. */
export interface Quote extends PricedConversion {
  readonly id: Id<'fxq'>;
  readonly expiresAt: Date;
  readonly paymentId: string | null;
}

export interface AmountText {
  readonly amount: string;
  readonly currency: string;
}

export interface QuoteRequest {
  readonly from: Currency;
  readonly to: Currency;
  readonly sourceAmount: AmountText | undefined;
  readonly targetAmount: AmountText | undefined;
  readonly tier: string | undefined;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: ForexErrorCode;
}

/** What one request or lock gets. */
export type QuoteResult = { readonly kind: 'quote'; readonly quote: Quote } | Refusal;

export type Pricing = ({ readonly kind: 'priced' } & PricedConversion) | Refusal;

/** The latest rates of the two currencies of a request; null where there is none. */
export interface Market {
  readonly from: SpotRate | null;
  readonly to: SpotRate | null;
  readonly spreads: SpreadTable;
}

/** Prices one conversion at the market's rates, or says with the first reason that applies why not. */
export function priceQuote({ from, to, sourceAmount, targetAmount, tier }: QuoteRequest, market: Market): Pricing {
  if (from === to) return refused('SAME_CURRENCY');
  if ((sourceAmount === undefined) === (targetAmount === undefined)) return refused('INVALID_AMOUNT');
  const fixed = sourceAmount ? amountIn(from, sourceAmount) : amountIn(to, targetAmount);
  if (fixed.kind === 'fault') return refused(CODE_OF_FAULT[fixed.fault]);
  if (!market.from || !market.to) return refused('RATE_NOT_AVAILABLE');
  const { mid, stale } = pairRate(market.from, market.to);
  if (stale) return refused('RATE_STALE');
  const price = { from, to, mid, spreadBasisPoints: market.spreads(from, to, tier) };
  const convert = sourceAmount ? convertDebit : convertCredit;
  const converted = convert(fixed.money.amount, price);
  if (converted.kind !== 'converted') return refused(converted.kind);
  return { kind: 'priced', conversion: converted.conversion, price };
}

const CODE_OF_FAULT: Readonly<Record<AmountFault, ForexErrorCode>> = {
  NOT_A_DECIMAL: 'INVALID_AMOUNT',
  SIGNED: 'INVALID_AMOUNT',
  EXPONENT: 'INVALID_AMOUNT',
  TOO_MANY_FRACTION_DIGITS: 'INVALID_AMOUNT',
  TOO_LARGE: 'AMOUNT_TOO_LARGE',
  ZERO: 'AMOUNT_TOO_SMALL',
};

function amountIn(currency: Currency, given: AmountText | undefined): ParsedAmount {
  if (given?.currency !== currency) return { kind: 'fault', fault: 'NOT_A_DECIMAL' };
  return parseAmount(given.amount, currency);
}

function refused(code: ForexErrorCode): Refusal {
  return { kind: 'refused', code };
}

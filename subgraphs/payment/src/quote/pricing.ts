import { parseId } from '@paygraph/ids';
import { type Currency, MAX_AMOUNT, type Money } from '@paygraph/money';
import { CreateForexQuotesDocument, type ForexErrorCode } from '../generated/peers/forex.ts';
import type { KycTier } from '../generated/peers/profile.ts';
import { amountTooLarge } from '../payment/amount.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import type { Route } from '../payment/route.ts';
import { answersTo, fromWire, PeerContractError, type Peers, toWire } from '../peers/peers.ts';
import type { FeeSchedule } from './fees.ts';
import { type Conversion, debitOf, type Price } from './price.ts';

export interface Priced {
  readonly kind: 'priced';
  readonly price: Price;
  /** Until when the rate may be locked, by forex's clock; null within one currency. */
  readonly rateExpiresAt: Date | null;
}

export type Unpriced = Refused<'AMOUNT_INVALID' | 'AMOUNT_TOO_SMALL' | 'RATE_NOT_AVAILABLE'>;
type TooLarge = typeof amountTooLarge;

/** What a transfer within one currency moves and costs a payer of this tier. */
export function priceWithinCurrency({ amount }: Route, tier: KycTier, fees: FeeSchedule): Priced | TooLarge {
  const fee = fees.feeFor({ kind: 'TRANSFER', rail: 'book', conversion: false, tier }, amount);
  return checked({ source: amount, target: amount, targetAtMid: amount, fee, conversion: null }, null);
}

/**
 * What a transfer across currencies moves and costs a payer of this tier, at a rate that forex holds for 30 s. An amount in the payer's
 * currency fixes what is debited before fees, one in the payee's what arrives.
 * @throws PeerError
 */
export async function priceAcrossCurrencies(
  { payer, payee, amount }: Route,
  tier: KycTier,
  fees: FeeSchedule,
  peers: Pick<Peers, 'forex'>,
  requestId: string,
): Promise<Priced | Unpriced> {
  const rate = await askForex(peers, { from: payer.currency, to: payee.currency, amount }, requestId);
  if (rate.kind === 'refused') return rate;
  const { source, target, targetAtMid, conversion, expiresAt } = rate;
  const fee = fees.feeFor({ kind: 'TRANSFER', rail: 'book', conversion: true, tier }, source);
  return checked({ source, target, targetAtMid, fee, conversion }, expiresAt);
}

/** What forex holds for a while. */
export interface HeldRate extends Pick<Price, 'source' | 'target' | 'targetAtMid'> {
  readonly kind: 'held';
  readonly conversion: Conversion;
  readonly expiresAt: Date;
}

/** Asks forex for a rate to hold, the amount in either of the two currencies. @throws PeerError */
export async function askForex(
  { forex }: Pick<Peers, 'forex'>,
  { from, to, amount }: { readonly from: Currency; readonly to: Currency; readonly amount: Money },
  requestId: string,
): Promise<HeldRate | Unpriced> {
  const fixed = amount.currency === from ? { sourceAmount: toWire(amount) } : { targetAmount: toWire(amount) };
  const requests = [{ sourceCurrency: from, targetCurrency: to, ...fixed }];
  const { createForexQuotes } = await forex.request(CreateForexQuotesDocument, { requests }, { requestId });
  const [answer] = answersTo(requests, createForexQuotes);
  if (!answer?.quote) return refusalOf(answer?.code ?? null);
  const { id, source, target, targetAtMid, mid, spreadBasisPoints, customerRate, expiresAt } = answer.quote;
  return {
    kind: 'held',
    source: fromWire(source),
    target: fromWire(target),
    targetAtMid: fromWire(targetAtMid),
    conversion: {
      exchangeRate: customerRate,
      forexQuoteId: parseId('fxq', id),
      mid: { numerator: BigInt(mid.numerator), denominator: BigInt(mid.denominator) },
      spreadBasisPoints,
    },
    expiresAt: new Date(expiresAt),
  };
}

/** The price, unless it is above the range of amounts with its fee. */
export function checked(price: Price, rateExpiresAt: Date | null): Priced | TooLarge {
  return debitOf(price).amount > MAX_AMOUNT ? amountTooLarge : { kind: 'priced', price, rateExpiresAt };
}

/** Null: a code that says that we asked wrongly. */
const refusals: Record<ForexErrorCode, Unpriced | null> = {
  RATE_NOT_AVAILABLE: refused('RATE_NOT_AVAILABLE'),
  RATE_STALE: refused('RATE_NOT_AVAILABLE'),
  AMOUNT_TOO_SMALL: refused('AMOUNT_TOO_SMALL', 'Too little would arrive after conversion.'),
  AMOUNT_TOO_LARGE: amountTooLarge,
  SAME_CURRENCY: null,
  INVALID_AMOUNT: null,
  QUOTE_NOT_FOUND: null,
  QUOTE_EXPIRED: null,
  QUOTE_ALREADY_USED: null,
};

function refusalOf(code: ForexErrorCode | null): Unpriced {
  const refusal = code && refusals[code];
  if (refusal) return refusal;
  throw new PeerContractError(`forex answered a quote with ${code}`);
}

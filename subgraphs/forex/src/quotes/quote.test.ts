import { currencyOf, formatAmount, parseRate } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import type { SpotRate } from '../rates/pair-rate.ts';
import type { AmountText, Market, QuoteRequest } from './quote.ts';
import { priceQuote } from './quote.ts';

const usd = currencyOf('USD');
const eur = currencyOf('EUR');
const jpy = currencyOf('JPY');

function spot(code: string, unitsPerUsd: string, stale = false): SpotRate {
  const rate = parseRate(unitsPerUsd);
  if (!rate) throw new Error(`not a rate: ${unitsPerUsd}`);
  return { currency: currencyOf(code), unitsPerUsd: rate, observedAt: new Date(0), source: 'test', stale };
}

const market: Market = { from: spot('USD', '1'), to: spot('EUR', '0.88022588'), spreads: () => 50 };
const dollars = (amount: string): AmountText => ({ amount, currency: 'USD' });
const euros = (amount: string): AmountText => ({ amount, currency: 'EUR' });

function request(rest: Partial<QuoteRequest>): QuoteRequest {
  return { from: usd, to: eur, sourceAmount: undefined, targetAmount: undefined, tier: undefined, ...rest };
}

describe('a quote', () => {
  it('for 25.00 USD in EUR credits 21.89 of the 22.01 at mid', () => {
    const pricing = priceQuote(request({ sourceAmount: dollars('25.0') }), market);
    if (pricing.kind !== 'priced') throw new Error(pricing.code);
    const { debit, credit, position } = pricing.conversion;
    expect([debit, credit, position].map(formatAmount)).toEqual(['25.00', '21.89', '22.01']);
    expect(pricing.price.spreadBasisPoints).toBe(50);
  });

  it('for 3917 JPY debits 25.00 USD', () => {
    const wish = request({ to: jpy, targetAmount: { amount: '3917', currency: 'JPY' } });
    const pricing = priceQuote(wish, { ...market, to: spot('JPY', '157.47729333') });
    if (pricing.kind !== 'priced') throw new Error(pricing.code);
    expect(formatAmount(pricing.conversion.debit)).toBe('25.00');
  });

  it('costs the spread of the pair and the tier', () => {
    const spreads: Market['spreads'] = (from, to, tier) => (from === usd && to === eur && tier === 'GOLD' ? 10 : 99);
    const pricing = priceQuote(request({ sourceAmount: dollars('1'), tier: 'GOLD' }), { ...market, spreads });
    expect(pricing).toMatchObject({ kind: 'priced', price: { spreadBasisPoints: 10 } });
  });

  it.each([
    ['of one currency', 'SAME_CURRENCY', request({ to: usd, sourceAmount: dollars('1') })],
    ['of no amount', 'INVALID_AMOUNT', request({})],
    ['of both amounts', 'INVALID_AMOUNT', request({ sourceAmount: dollars('1'), targetAmount: euros('1') })],
    ['of an amount in another currency', 'INVALID_AMOUNT', request({ sourceAmount: euros('1') })],
    ['of an amount in another target currency', 'INVALID_AMOUNT', request({ targetAmount: dollars('1') })],
    ['of too many fraction digits', 'INVALID_AMOUNT', request({ sourceAmount: dollars('1.005') })],
    ['of a signed amount', 'INVALID_AMOUNT', request({ sourceAmount: dollars('-1') })],
    ['of zero', 'AMOUNT_TOO_SMALL', request({ sourceAmount: dollars('0.00') })],
    ['that would credit nothing', 'AMOUNT_TOO_SMALL', request({ sourceAmount: dollars('0.01') })],
    ['of more than 64 bits', 'AMOUNT_TOO_LARGE', request({ sourceAmount: dollars('99999999999999999999') })],
    ['that would debit more', 'AMOUNT_TOO_LARGE', request({ targetAmount: euros('92233720368547758.07') })],
  ] as const)('%s is refused: %s', (_what, code, wish) => {
    expect(priceQuote(wish, market)).toEqual({ kind: 'refused', code });
  });

  it('needs the rates of both currencies, and fresh ones', () => {
    const wish = request({ sourceAmount: dollars('1') });
    expect(priceQuote(wish, { ...market, to: null })).toEqual({ kind: 'refused', code: 'RATE_NOT_AVAILABLE' });
    expect(priceQuote(wish, { ...market, from: null })).toEqual({ kind: 'refused', code: 'RATE_NOT_AVAILABLE' });
    const stale = { ...market, to: spot('EUR', '0.9', true) };
    expect(priceQuote(wish, stale)).toEqual({ kind: 'refused', code: 'RATE_STALE' });
  });
});

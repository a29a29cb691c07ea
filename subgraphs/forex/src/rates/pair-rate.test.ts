import { type Currency, currencyOf, formatRate, parseRate, rateOf } from '@paygraph/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairRate, type SpotRate } from './pair-rate.ts';

function spot(currency: Currency, unitsPerUsd: string, rest: Partial<SpotRate> = {}): SpotRate {
  const rate = parseRate(unitsPerUsd);
  if (!rate) throw new Error(`not a rate: ${unitsPerUsd}`);
  const observedAt = new Date('2026-09-29T00:00:00Z');
  return { currency, unitsPerUsd: rate, observedAt, source: 'a', stale: false, ...rest };
}

const [usd, eur, ghs] = ['USD', 'EUR', 'GHS'].map(currencyOf) as [Currency, Currency, Currency];

const anySpot = fc.tuple(fc.constantFrom(usd, eur, ghs), fc.bigInt({ min: 1n, max: 10n ** 18n }), fc.nat(12)).map(
  ([currency, units, scale]): SpotRate => ({
    ...spot(currency, '1'),
    unitsPerUsd: rateOf(units, 10n ** BigInt(scale)),
  }),
);

describe('the rate of a pair', () => {
  it('is the published one from the dollar, and exactly its inverse back', () => {
    const [dollar, euro] = [spot(usd, '1'), spot(eur, '0.88022588')];
    expect(formatRate(pairRate(dollar, euro).mid)).toBe('0.88022588');
    expect(pairRate(euro, dollar).mid).toEqual(rateOf(25000000n, 22005647n));
  });

  it('crosses two others exactly', () => {
    const { mid } = pairRate(spot(eur, '0.88022588'), spot(ghs, '11.64619458'));
    expect(mid).toEqual(rateOf(1164619458n, 88022588n));
    expect(formatRate(mid)).toBe('13.2309158872');
  });

  it('leaves nothing to gain on a way round', () => {
    fc.assert(
      fc.property(anySpot, anySpot, anySpot, (a, b, c) => {
        const [ab, bc, ac] = [pairRate(a, b).mid, pairRate(b, c).mid, pairRate(a, c).mid];
        expect(rateOf(ab.numerator * bc.numerator, ab.denominator * bc.denominator)).toEqual(ac);
      }),
    );
  });

  it('is as old as the older of the two, stale when either is, and names both sources', () => {
    const old = spot(eur, '0.9', { observedAt: new Date('2026-09-01T00:00:00Z'), source: 'b', stale: true });
    const fresh = spot(ghs, '11.6');
    for (const rate of [pairRate(old, fresh), pairRate(fresh, old)])
      expect(rate).toMatchObject({ observedAt: old.observedAt, stale: true });
    expect(pairRate(old, fresh).source).toBe('b, a');
    expect(pairRate(fresh, fresh).source).toBe('a');
  });
});

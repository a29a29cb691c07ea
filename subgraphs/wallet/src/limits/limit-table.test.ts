import { currencies, currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import { loadLimitTable, parseLimitTable, tiers } from './limit-table.ts';

describe('the table of limits in force', () => {
  const table = loadLimitTable();

  it('offers wallets in many currencies', () => {
    const offered = currencies.filter(({ code }) => table.of(code, 'BASIC'));
    expect(offered.length).toBeGreaterThan(50);
    expect(offered.map(({ code }) => String(code))).toEqual(
      expect.arrayContaining([
        'USD',
        'EUR',
        'GBP',
        'GHS',
        'NGN',
        'KES',
        'ZAR',
        'JPY',
        'KWD',
        'CHF',
        'CAD',
        'AUD',
        'INR',
      ]),
    );
  });

  it('states amounts in the minor units of each currency', () => {
    expect(table.of(currencyOf('USD'), 'BASIC')).toEqual({
      perPayment: 10_000_00n,
      daily: 25_000_00n,
      monthly: 250_000_00n,
      balance: 1_000_000_00n,
    });
    expect(table.of(currencyOf('JPY'), 'BASIC')).toMatchObject({ perPayment: 1_500_000n, daily: 4_000_000n });
    expect(table.of(currencyOf('KWD'), 'BASIC')).toMatchObject({ perPayment: 3_000_000n, daily: 8_000_000n });
  });

  it('allows more to those who are known better', () => {
    for (const { code } of currencies) {
      const [basic, verified, enhanced] = tiers.map((tier) => table.of(code, tier));
      if (!basic || !verified || !enhanced) continue;
      for (const name of ['perPayment', 'daily', 'monthly', 'balance'] as const) {
        expect(verified[name]).toBeGreaterThan(basic[name]);
        expect(enhanced[name]).toBeGreaterThan(verified[name]);
      }
    }
  });

  it('has a version', () => {
    expect(table.version).toMatch(/^\d{4}-\d\d-\d\d\.\d+$/);
  });
});

describe('a table of limits', () => {
  const sound = { perPayment: '1', daily: '2', monthly: '3', balance: '4' };
  const factors = { BASIC: 1, VERIFIED: 2, ENHANCED: 3 };
  const table = (limits: object, tiersOfTable: object = factors) =>
    parseLimitTable(JSON.stringify({ version: '1', tiers: tiersOfTable, limits }));

  it.each([
    [{ XXY: sound }, 'XXY is no currency'],
    [{ USD: { ...sound, perPayment: '1.000' } }, 'USD.perPayment: TOO_MANY_FRACTION_DIGITS'],
    [{ USD: { ...sound, balance: '0' } }, 'USD.balance: ZERO'],
    [{ USD: { ...sound, perPayment: '3' } }, 'USD: a payment may take more than a day'],
    [{ USD: { ...sound, daily: '4' } }, 'USD: a day may take more than a month'],
    [{ USD: { ...sound, perPayment: 1 } }, 'limits.USD.perPayment'],
    [{ USD: { ...sound, balance: '50000000000000000' } }, 'USD: 2 times its limits are too large'],
  ])('is refused when it says %j', (limits, message) => {
    expect(() => table(limits)).toThrow(message);
  });

  it.each([
    [{ BASIC: 2, VERIFIED: 1, ENHANCED: 3 }, 'who is known better has less'],
    [{ BASIC: 1, VERIFIED: 1.5, ENHANCED: 3 }, 'tiers.VERIFIED'],
    [{ BASIC: 1, VERIFIED: 2 }, 'tiers.ENHANCED'],
  ])('is refused with the tiers %j', (tiersOfTable, message) => {
    expect(() => table({ USD: sound }, tiersOfTable)).toThrow(message);
  });
});

import { currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import { parseSpreads, type SpreadTable } from './spread.ts';

const usd = currencyOf('USD');
const eur = currencyOf('EUR');
const ghs = currencyOf('GHS');

function spreads(text: string): SpreadTable {
  const parsed = parseSpreads(text);
  if (parsed.kind === 'fault') throw new Error(parsed.message);
  return parsed.spreads;
}

describe('spreads', () => {
  it('are 50 basis points unless something else is said', () => {
    expect(spreads('')(usd, eur)).toBe(50);
    expect(spreads('USD/GHS=150')(usd, eur)).toBe(50);
    expect(spreads('*=80')(usd, eur, 'GOLD')).toBe(80);
  });

  it('follow the narrowest rule: pair and tier, pair, tier, all', () => {
    const table = spreads(' *=80, USD/EUR=20 ,USD/EUR@GOLD=10,*@GOLD=35');
    expect(table(usd, eur, 'GOLD')).toBe(10);
    expect(table(usd, eur, 'SILVER')).toBe(20);
    expect(table(usd, eur)).toBe(20);
    expect(table(usd, ghs, 'GOLD')).toBe(35);
    expect(table(usd, ghs)).toBe(80);
  });

  it('are of one direction', () => {
    expect(spreads('USD/EUR=20')(eur, usd)).toBe(50);
  });

  it('may be nothing at all', () => {
    expect(spreads('*=0')(usd, eur)).toBe(0);
  });

  it.each([
    'USD/EUR',
    'USD/EUR=',
    'USD/EUR=-1',
    'USD/EUR=0.5',
    'USD/EUR=10000',
    'USDEUR=5',
    'USD/ABC=5',
    'usd/eur=5',
    '*@=5',
    'USD/EUR@gold=5',
    '*=5,*=6',
    'USD/EUR=5,USD/EUR=5',
  ])('are not %s', (text) => {
    expect(parseSpreads(text).kind).toBe('fault');
  });
});

import { describe, expect, it } from 'vitest';
import { readBic, readIban } from './account.ts';

describe('an account at a bank', () => {
  it.each([
    ['DE89 3704 0044 0532 0130 00', 'DE89370400440532013000'],
    ['gb29nwbk60161331926819', 'GB29NWBK60161331926819'],
    [' FR14 2004 1010 0505 0001 3M02 606 ', 'FR1420041010050500013M02606'],
  ])('is read from %j', (text, iban) => {
    expect(readIban(text)).toBe(iban);
  });

  it.each([
    ['with wrong check digits', 'DE88370400440532013000'],
    ['too short for its country', 'DE8937040044053201300'],
    ['of a country without IBANs', 'GH89370400440532013000'],
    ['of nothing', ''],
  ])('is not one %s', (_what, text) => {
    expect(readIban(text)).toBeUndefined();
  });

  it('is with a bank that a BIC names', () => {
    expect(readBic('deutdeff')).toBe('DEUTDEFF');
    expect(readBic('DEUTDEFF500')).toBe('DEUTDEFF500');
    expect(readBic('DEUT')).toBeUndefined();
  });
});

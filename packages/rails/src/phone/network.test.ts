import { describe, expect, it } from 'vitest';
import { msisdnOf, nationalNumberOf, readMobileNumber } from './network.ts';

describe('a mobile number', () => {
  it.each([
    ['+233241234567', 'MTN'],
    ['+233541234567', 'MTN'],
    ['+233591234567', 'MTN'],
    ['+233201234567', 'TELECEL'],
    ['+233501234567', 'TELECEL'],
    ['+233261234567', 'AIRTELTIGO'],
    ['+233271234567', 'AIRTELTIGO'],
    ['+233571234567', 'AIRTELTIGO'],
  ])('%s belongs to %s by its prefix', (phoneNumber, network) => {
    expect(readMobileNumber(phoneNumber)).toEqual({ phoneNumber, country: 'GH', network });
  });

  it('of another country has no network that we know', () => {
    expect(readMobileNumber('+4915112345678')).toEqual({
      phoneNumber: '+4915112345678',
      country: 'DE',
      network: undefined,
    });
  });

  it.each(['0241234567', '233241234567', '+23324123456', '+2332412345678', '+233 24 123 4567', '+233302123456', ''])(
    'is not %j',
    (text) => {
      expect(readMobileNumber(text)).toBeUndefined();
    },
  );

  it('is written as each operator wants it', () => {
    expect(msisdnOf('+233241234567')).toBe('233241234567');
    expect(nationalNumberOf('+233271234567')).toBe('271234567');
  });
});

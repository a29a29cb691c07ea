import { currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import type { Counterparty } from './instruction.ts';
import { carries, type RailAdapter } from './rail.ts';

const ghs = currencyOf('GHS');

const capabilities: RailAdapter['capabilities'] = {
  directions: ['PAYOUT'],
  counterparties: ['MOBILE_MONEY'],
  networks: ['MTN'],
  currencies: new Map([[ghs, { min: 100n, max: 500_000n }]]),
  cancels: false,
  callsPerSecond: 10,
  concurrentCalls: 4,
  unseenIsFinalAfterMs: null,
};
const phone = (network: 'MTN' | 'TELECEL'): Counterparty => ({
  type: 'MOBILE_MONEY',
  phoneNumber: '+233241234567',
  network,
  name: null,
});
const ask = { direction: 'PAYOUT', amount: { amount: 4000n, currency: ghs }, counterparty: phone('MTN') } as const;
// Only the capabilities are looked at.
const rail = { capabilities } as RailAdapter;

describe('what a rail carries', () => {
  it('reaches further networks with payouts than with collections', () => {
    const both = { ...capabilities, directions: ['COLLECTION', 'PAYOUT'], payoutNetworks: ['TELECEL'] } as const;
    const wide = { capabilities: both as RailAdapter['capabilities'] } as RailAdapter;
    expect(carries(wide, { ...ask, counterparty: phone('TELECEL') })).toBe(true);
    expect(carries(wide, { ...ask, direction: 'COLLECTION', counterparty: phone('TELECEL') })).toBe(false);
    expect(carries(wide, { ...ask, direction: 'COLLECTION' })).toBe(true);
  });

  it('is what its capabilities say', () => {
    expect(carries(rail, ask)).toBe(true);
  });

  it.each([
    ['the other direction', { ...ask, direction: 'COLLECTION' as const }],
    ['another network', { ...ask, counterparty: phone('TELECEL') }],
    ['another currency', { ...ask, amount: { amount: 4000n, currency: currencyOf('EUR') } }],
    ['less than the least', { ...ask, amount: { amount: 99n, currency: ghs } }],
    ['more than the most', { ...ask, amount: { amount: 500_001n, currency: ghs } }],
    [
      'a bank account',
      {
        ...ask,
        counterparty: { type: 'BANK_ACCOUNT', iban: 'DE89370400440532013000', bic: null, name: 'Ben' } as const,
      },
    ],
  ])('is not %s', (_what, other) => {
    expect(carries(rail, other)).toBe(false);
  });
});

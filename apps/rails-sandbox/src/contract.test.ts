import type { RailRefusal } from '@paygraph/rails';
import { describe } from 'vitest';
import type { Refusal } from './behaviour.ts';
import { cedis } from './testing/house.ts';
import { railContract } from './testing/rail.contract.ts';

const amount = { amount: 1_230n, currency: cedis };
const phone = (phoneNumber: string, network: 'MTN' | 'AIRTELTIGO' | 'TELECEL') =>
  ({ type: 'MOBILE_MONEY', phoneNumber, network, name: 'Ama' }) as const;
const compact = (reference: string) => reference.replaceAll('-', '');

const collection = {
  PARTY_UNKNOWN: 'COUNTERPARTY_NOT_FOUND',
  PARTY_FUNDS: 'COUNTERPARTY_FUNDS',
  PARTY_DECLINED: 'COUNTERPARTY_DECLINED',
  LIMIT: 'LIMIT_EXCEEDED',
  NOT_ALLOWED: 'NOT_ALLOWED',
} satisfies Partial<Record<Refusal, RailRefusal>>;
const payout = {
  PARTY_UNKNOWN: 'COUNTERPARTY_NOT_FOUND',
  PARTY_BLOCKED: 'COUNTERPARTY_UNAVAILABLE',
  LIMIT: 'LIMIT_EXCEEDED',
  NOT_ALLOWED: 'NOT_ALLOWED',
} satisfies Partial<Record<Refusal, RailRefusal>>;
const mobile = {
  amount,
  directions: ['COLLECTION', 'PAYOUT'],
  callbacks: 'NUDGE',
  signsTime: false,
  hasStatements: false,
  hasTokens: true,
} as const;

describe('MTN MoMo', () => {
  railContract({
    ...{ ...mobile, name: 'mtn-momo', onTheWire: (reference) => reference, tellsFloat: true },
    counterparty: phone('+233241234567', 'MTN'),
    refusals: { COLLECTION: collection, PAYOUT: payout },
  });
});

describe('AirtelTigo Money', () => {
  railContract({
    ...{ ...mobile, name: 'airteltigo-money', onTheWire: compact, tellsFloat: true },
    counterparty: phone('+233271234567', 'AIRTELTIGO'),
    // Its codes for a collection do not tell a payer that is unknown from one that is barred.
    refusals: { COLLECTION: { ...collection, PARTY_UNKNOWN: 'COUNTERPARTY_UNAVAILABLE' }, PAYOUT: payout },
  });
});

describe('Telecel Cash', () => {
  railContract({
    ...{ ...mobile, name: 'telecel-cash', onTheWire: compact, tellsFloat: false },
    counterparty: phone('+233201234567', 'TELECEL'),
    refusals: { COLLECTION: collection, PAYOUT: payout },
  });
});

describe('the bank', () => {
  railContract({
    ...{ amount, name: 'bank', directions: ['PAYOUT'], onTheWire: compact, tellsFloat: false },
    ...{ callbacks: 'EVENTS', signsTime: true, hasStatements: true },
    counterparty: { type: 'BANK_ACCOUNT', iban: 'GB29NWBK60161331926819', bic: 'NWBKGB2L', name: 'Ben Müller' },
    refusals: { PAYOUT: payout },
  });
});

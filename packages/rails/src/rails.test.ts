import { generateKeyPairSync } from 'node:crypto';
import { currencyOf } from '@paygraph/money';
import { loadConfig } from '@paygraph/service';
import { afterEach, describe, expect, it } from 'vitest';
import { createRails, type Rails, railEnvironment } from './rails.ts';
import { readTerms } from './terms.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const bank = {
  PAYMENT_BANK_URL: 'https://bank.example.com',
  PAYMENT_BANK_TOKEN: 'token',
  PAYMENT_BANK_ACCOUNT_NAME: 'Paygraph',
  PAYMENT_BANK_ACCOUNT_IBAN: 'DE89 3704 0044 0532 0130 00',
  PAYMENT_BANK_ACCOUNT_BIC: 'COBADEFFXXX',
  PAYMENT_BANK_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
};
const telecel = {
  PAYMENT_TELECEL_URL: 'https://openapi.m-pesa.com',
  PAYMENT_TELECEL_ENVIRONMENT: 'openapi',
  PAYMENT_TELECEL_API_KEY: 'key',
  PAYMENT_TELECEL_PUBLIC_KEY: key,
  PAYMENT_TELECEL_SERVICE_PROVIDER_CODE: '171717',
  PAYMENT_TELECEL_ORIGIN: '*',
  PAYMENT_TELECEL_SESSION_MS: '3300000',
};

const made: Rails[] = [];
afterEach(() => Promise.all(made.splice(0).map((rails) => rails.close())));

function railsOf(env: Record<string, string>): Rails {
  const rails = createRails(loadConfig(railEnvironment, env), { now: () => new Date() });
  made.push(rails);
  return rails;
}

describe('the rails of an environment', () => {
  it('are none where none is configured', () => {
    expect(railsOf({}).adapters).toEqual([]);
  });

  it('are those whose address is there, with their terms', () => {
    const [adapter, ...others] = railsOf(bank).adapters;
    expect(others).toEqual([]);
    expect(adapter?.name).toBe('bank');
    const amount = { amount: 100_000n, currency: currencyOf('EUR') };
    const counterparty = { type: 'BANK_ACCOUNT', iban: 'GB29NWBK60161331926819', bic: null, name: 'Ben' } as const;
    expect(adapter?.fee({ direction: 'PAYOUT', amount, counterparty })).toEqual({ ...amount, amount: 20n });
  });

  it('are missing nothing, or everything that they miss is named', () => {
    const { PAYMENT_BANK_TOKEN: _token, ...rest } = bank;
    expect(() => railsOf({ ...rest, ...telecel })).toThrowError(
      [
        'PAYMENT_RAIL_CALLBACK_SECRET: is required with PAYMENT_TELECEL_URL',
        'PAYMENT_BANK_TOKEN: is required with PAYMENT_BANK_URL',
      ].join('\n'),
    );
  });

  it.each([
    ['PAYMENT_BANK_ACCOUNT_IBAN', 'DE00370400440532013000', 'must be an IBAN'],
    ['PAYMENT_BANK_ACCOUNT_BIC', 'COBA', 'must be a BIC'],
    ['PAYMENT_BANK_WEBHOOK_SECRET', 'short', 'must be whsec_ and Base64'],
    ['PAYMENT_TELECEL_PUBLIC_KEY', 'AAAA', 'must be an RSA public key in one line of Base64'],
    ['PAYMENT_MTN_PAYOUT_NETWORKS', 'VODAFONE', 'must be of MTN, AIRTELTIGO and TELECEL, with commas'],
    ['PAYMENT_RAIL_CALLBACK_SECRET', 'guess', 'must be 16 or more of A-Z a-z 0-9 _ -'],
    ['PAYMENT_RAIL_TIMEOUT_MS', '0', 'must be a number of milliseconds'],
  ])('cannot have the %s %j', (name, value, problem) => {
    expect(() => loadConfig(railEnvironment, { [name]: value })).toThrowError(`${name}: ${problem}`);
  });

  it('charge another price for a customer of another network', () => {
    const [adapter] = railsOf({
      ...{ ...telecel, PAYMENT_TELECEL_PAYOUT_NETWORKS: 'MTN' },
      PAYMENT_RAIL_CALLBACK_SECRET: '0123456789abcdef',
    }).adapters;
    const amount = { amount: 10_000n, currency: currencyOf('GHS') };
    const to = (network: 'MTN' | 'TELECEL') =>
      ({ type: 'MOBILE_MONEY', phoneNumber: '+233201234567', network, name: null }) as const;
    expect(adapter?.fee({ direction: 'PAYOUT', amount, counterparty: to('TELECEL') }).amount).toBe(70n);
    expect(adapter?.fee({ direction: 'PAYOUT', amount, counterparty: to('MTN') }).amount).toBe(150n);
    expect(adapter?.capabilities.payoutNetworks).toEqual(['MTN']);
  });
});

describe('terms', () => {
  it.each([
    ['{"bank":{"XXX":{"min":"1","max":"2"}}}', 'bank: XXX is no currency'],
    ['{"bank":{"EUR":{"min":"0.001","max":"2"}}}', 'bank in EUR: 0.001 is no amount (TOO_MANY_FRACTION_DIGITS)'],
    ['{"bank":{"EUR":{"min":"1","max":"2","PAYOUT":{"percentage":"-1"}}}}', 'bank in EUR: -1 is no percentage'],
  ])('%s cannot be read', (text, problem) => {
    expect(() => readTerms(text)).toThrowError(problem);
  });
});

import { generateSigningKey } from '@paygraph/auth';
import { describe, expect, it } from 'vitest';
import { environmentOf, type Installation, portOf, servicesOf, settingsIn, subgraphNames } from './environment.ts';

describe('what services are set with', () => {
  it('is handed on, and nothing else', () => {
    const services = {
      FOREX_SPREADS: '*=20',
      CORS_ORIGINS: 'http://localhost:5173',
      SUPERGRAPH_FILE: 'other.graphql',
    };
    expect(settingsIn({ ...services, PATH: '/bin', PORT: '1', HOST: '::', LEDGER: 'x' })).toEqual(services);
  });
});

describe('the sandbox of rails', () => {
  const installation = (settings: Record<string, string>): Installation => ({
    ...{ databases: () => ({ databaseUrl: '', migrationUrl: '' }), logLevel: 'info', settings },
    keys: {
      ...{
        accessTokenKey: generateSigningKey(),
        accessTokenKeyFile: '',
        serviceJwks: { keys: [] },
        serviceJwksFile: '',
      },
      serviceKeys: new Map([['payment', { key: generateSigningKey(), file: '' }]]),
    },
  });
  const real = { PAYMENT_BANK_URL: 'https://bank.example.com' };
  const addresses = { payment: 'http://127.0.0.1:1/graphql', 'rails-sandbox': 'http://127.0.0.1:2/' };

  it('stands in while no rail is real', () => {
    expect(servicesOf(installation({}))).toContain('rails-sandbox');
    expect(environmentOf('payment', 1, installation({}), addresses)).toMatchObject({
      PAYMENT_BANK_URL: 'http://127.0.0.1:2/bank',
      PAYMENT_RAIL_CALLBACK_URL: 'http://127.0.0.1:1/webhooks/rails',
    });
  });

  it('is not there when one is: play money and real money never meet', () => {
    expect(servicesOf(installation(real))).not.toContain('rails-sandbox');
    const environment = environmentOf('payment', 1, installation(real), { payment: addresses.payment });
    expect(Object.keys(environment).filter((name) => name.endsWith('MTN_URL'))).toEqual([]);
    expect(environment).toMatchObject(real);
  });
});

describe('of consecutive ports', () => {
  it('the gateway has the first and each subgraph one of the six after it', () => {
    const ports = (['gateway', ...subgraphNames] as const).map((service) => portOf(service, 9464));
    expect(ports).toEqual([9464, 9465, 9466, 9467, 9468, 9469, 9470]);
  });

  it('any free one is any free one for each', () => {
    expect([portOf('gateway', 0), portOf('ledger', 0)]).toEqual([0, 0]);
  });
});

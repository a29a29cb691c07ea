import { currencyOf } from '@paygraph/money';
import { ConfigError, loadConfig } from '@paygraph/service';
import { describe, expect, it } from 'vitest';
import { forexEnvironment, ratesFrom } from './config.ts';

const clock = () => new Date('2026-10-01T00:00:00Z');
const hour = 3_600_000;
const rates = (env: NodeJS.ProcessEnv) => ratesFrom(loadConfig(forexEnvironment, env), clock);

describe('the configuration of rates', () => {
  it('is the built-in rates at 50 basis points, which never grow stale, when nothing is set', () => {
    const { spreads, live, maxRateAgeMs } = rates({});
    expect(spreads(currencyOf('USD'), currencyOf('EUR'))).toBe(50);
    expect(live).toBeUndefined();
    expect(maxRateAgeMs).toBeUndefined();
  });

  it('bounds the age of rates as soon as there is a live source', () => {
    const { live, maxRateAgeMs } = rates({ FOREX_LIVE_RATES_URL: 'https://rates.example/usd.json' });
    expect(live).toMatchObject({ source: { name: 'fawazahmed0/exchange-api' }, everyMs: hour });
    expect(maxRateAgeMs).toBe(96 * hour);
  });

  it('follows what is set', () => {
    const { spreads, live, maxRateAgeMs } = rates({
      FOREX_SPREADS: 'USD/EUR=20',
      FOREX_LIVE_RATES_URL: 'http://localhost:9/usd.json',
      FOREX_LIVE_RATES_EVERY_MINUTES: '0.5',
      FOREX_RATE_MAX_AGE_HOURS: '36',
    });
    expect(spreads(currencyOf('USD'), currencyOf('EUR'))).toBe(20);
    expect(live?.everyMs).toBe(30_000);
    expect(maxRateAgeMs).toBe(36 * hour);
  });

  it.each([
    ['FOREX_SPREADS', 'USD/EUR=cheap'],
    ['FOREX_LIVE_RATES_URL', 'ftp://rates.example'],
    ['FOREX_LIVE_RATES_EVERY_MINUTES', '0'],
    // More than a timer can wait: it would not wait at all.
    ['FOREX_LIVE_RATES_EVERY_MINUTES', '40000'],
    ['FOREX_RATE_MAX_AGE_HOURS', 'soon'],
    // More than PostgreSQL's timestamps go back.
    ['FOREX_RATE_MAX_AGE_HOURS', '1e9'],
  ])('names %s when it is wrong', (name, value) => {
    expect(() => rates({ [name]: value })).toThrow(ConfigError);
    expect(() => rates({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });
});

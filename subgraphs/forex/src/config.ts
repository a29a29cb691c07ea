import type { Clock } from '@paygraph/service';
import { z } from 'zod';
import { parseSpreads } from './rates/spread.ts';
import { exchangeApi } from './sources/exchange-api.ts';
import type { ForexDependencies } from './subgraph.ts';

const upTo = (most: number, message: string) =>
  z.coerce.number({ error: message }).positive(message).max(most, message);

/** The variables of forex's own, all optional. */
export const forexEnvironment = {
  /** Spreads in basis points, such as `*=50,USD/EUR=20,USD/EUR@GOLD=10`: see `parseSpreads`. */
  FOREX_SPREADS: z
    .string()
    .default('*=50')
    .transform((text, context) => {
      const parsed = parseSpreads(text);
      if (parsed.kind === 'spreads') return parsed.spreads;
      context.issues.push({ code: 'custom', input: text, message: parsed.message });
      return z.NEVER;
    }),
  /** The address of live rates in the wire format of fawazahmed0/exchange-api. Without it the built-in rates are used. */
  FOREX_LIVE_RATES_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  /** How often live rates are read. The publisher has new ones once a day. */
  FOREX_LIVE_RATES_EVERY_MINUTES: upTo(7 * 24 * 60, 'must be a number of minutes above 0, at most a week').default(60),
  /** From which age on rates are too old to convert at. With live rates 96 (a long weekend), without never. */
  FOREX_RATE_MAX_AGE_HOURS: upTo(365 * 24, 'must be a number of hours above 0, at most a year').optional(),
};

const LIVE_MAX_AGE_HOURS = 96;

type ForexConfig = z.output<z.ZodObject<typeof forexEnvironment>>;

/** What the variables say about rates. */
export function ratesFrom(
  config: ForexConfig,
  clock: Clock,
): Pick<ForexDependencies, 'spreads' | 'maxRateAgeMs' | 'live'> {
  const url = config.FOREX_LIVE_RATES_URL;
  const maxAgeHours = config.FOREX_RATE_MAX_AGE_HOURS ?? (url === undefined ? undefined : LIVE_MAX_AGE_HOURS);
  return {
    spreads: config.FOREX_SPREADS,
    maxRateAgeMs: maxAgeHours === undefined ? undefined : maxAgeHours * 3_600_000,
    live:
      url === undefined
        ? undefined
        : { source: exchangeApi({ url, clock }), everyMs: config.FOREX_LIVE_RATES_EVERY_MINUTES * 60_000 },
  };
}

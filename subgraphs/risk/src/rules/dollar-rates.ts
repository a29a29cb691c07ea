import { type Currency, currencyOf, isCurrency, parseRate, type Rate, rateOf } from '@paygraph/money';
import type { Clock, Logger } from '@paygraph/service';

/** Units of a currency for one US dollar; undefined where nobody knows. */
export type DollarRates = (currency: Currency) => Rate | undefined;

export interface RateRow {
  readonly quote: string;
  readonly mid: string;
}

const dollar = currencyOf('USD');
const one = rateOf(1n, 1n);

/** Rates serve only to band amounts: asked for again after this many ms … */
const freshForMs = 5 * 60 * 1000;
/** … and, when forex does not answer, good for this many. */
const usableForMs = 24 * 60 * 60 * 1000;

/**
 * The dollar's rates, renewed when they are five minutes old. Those of the last day serve until forex has answered, so
 * that no payment waits for it; after that every worth but that of dollars is unknown, and the rules send such payments to an
 * analyst.
 */
export function createDollarRates(dependencies: {
  readonly fetchRates: () => Promise<readonly RateRow[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}): () => Promise<DollarRates> {
  const { fetchRates, clock, logger } = dependencies;
  let known: ReadonlyMap<Currency, Rate> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  const refresh = async () => {
    try {
      known = ratesOf(await fetchRates());
      fetchedAt = clock().getTime();
    } catch (error) {
      logger.warn({ err: error }, 'rates cannot be had from forex');
    } finally {
      fetching = undefined;
    }
  };

  return async () => {
    const age = () => clock().getTime() - fetchedAt;
    if (age() > freshForMs) fetching ??= refresh();
    if (age() > usableForMs) await fetching;
    return (currency) => {
      if (currency === dollar) return one;
      return age() > usableForMs ? undefined : known.get(currency);
    };
  };
}

function ratesOf(rows: readonly RateRow[]): ReadonlyMap<Currency, Rate> {
  const rates = new Map<Currency, Rate>();
  for (const { quote, mid } of rows) {
    const rate = parseRate(mid);
    if (rate && isCurrency(quote)) rates.set(quote, rate);
  }
  return rates;
}

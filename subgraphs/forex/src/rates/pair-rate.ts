import { type Currency, cross, type Rate } from '@paygraph/money';

/** The latest price of one currency. */
export interface SpotRate {
  readonly currency: Currency;
  readonly unitsPerUsd: Rate;
  readonly observedAt: Date;
  readonly source: string;
  /** Whether it is too old to convert at, by the clock of the database. */
  readonly stale: boolean;
}

/** The price of one currency in another. */
export interface PairRate {
  readonly base: Currency;
  readonly quote: Currency;
  /** Units of `quote` for one unit of `base`, exact. */
  readonly mid: Rate;
  readonly observedAt: Date;
  readonly source: string;
  readonly stale: boolean;
}

/**
 * The rate of a pair from the dollar rates of both. As every pair comes from the same table of dollar rates, no way round
 * through other currencies is ever better or worse than the direct one. It is as old as the older of the two.
 */
export function pairRate(base: SpotRate, quote: SpotRate): PairRate {
  return {
    base: base.currency,
    quote: quote.currency,
    mid: cross(base.unitsPerUsd, quote.unitsPerUsd),
    observedAt: new Date(Math.min(base.observedAt.getTime(), quote.observedAt.getTime())),
    source: [...new Set([base.source, quote.source])].join(', '),
    stale: base.stale || quote.stale,
  };
}

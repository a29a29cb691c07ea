import { cross, currencyOf, formatDecimal, parseRate, type Rate } from '@paygraph/money';
import type { Page } from '@paygraph/subgraph';
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
import type { Observation } from './observation.ts';
import type { SpotRate } from './pair-rate.ts';

/** A rate of the past, for one pair. */
export interface HistoricalRate {
  readonly at: Date;
  readonly source: string;
  /** Units of `quote` for one unit of `base`, exact. */
  readonly mid: Rate;
}

export interface HistoryRange {
  readonly base: string;
  readonly quote: string;
  /** Inclusive. */
  readonly from: Date | undefined;
  /** Exclusive. */
  readonly until: Date | undefined;
}

export interface RateStore {
  /** Stores what is not known yet and answers how much that was. What a source said once is never changed. */
  record(source: string, observations: readonly Observation[]): Promise<number>;
  /** The latest spot rate of each of the currencies that have one. */
  latest(currencies: readonly string[]): Promise<SpotRate[]>;
  /** A page of a pair's past, oldest first: where one source priced both at the same time. */
  history(range: HistoryRange, page: Page): Promise<HistoricalRate[]>;
}

interface SpotRow {
  currency: string;
  units_per_usd: string;
  observed_at: Date;
  source: string;
  stale: boolean;
}

interface HistoryRow {
  observed_at: Date;
  source: string;
  base_per_usd: string;
  quote_per_usd: string;
}

/** @param options.maxAgeMs from which age in ms a rate is stale; never when undefined. */
export function createRateStore(prisma: PrismaClient, { maxAgeMs }: { maxAgeMs: number | undefined }): RateStore {
  const maxAgeSeconds = maxAgeMs === undefined ? null : maxAgeMs / 1_000;
  return {
    record(source, observations) {
      // One array per column: bound one by one, the values of 14,000 rows take seven times as long.
      return prisma.$executeRaw`
        INSERT INTO rate_observation (currency, observed_at, source, kind, units_per_usd)
        SELECT currency, observed_at, ${source}, kind, units_per_usd
        FROM unnest(
          ${observations.map(({ currency }) => currency)}::text[],
          ${observations.map(({ observedAt }) => observedAt)}::timestamptz[],
          ${observations.map(({ kind }) => kind)}::rate_kind[],
          ${observations.map(({ unitsPerUsd }) => formatDecimal(unitsPerUsd))}::numeric[]
        ) AS observation (currency, observed_at, kind, units_per_usd)
        ON CONFLICT DO NOTHING`;
    },

    async latest(currencies) {
      // One step back in the primary key (currency, observed_at, source) for each currency.
      const rows = await prisma.$queryRaw<SpotRow[]>`
        SELECT
          spot.currency,
          spot.units_per_usd::text AS units_per_usd,
          spot.observed_at,
          spot.source,
          coalesce(spot.observed_at < clock_timestamp() - make_interval(secs => ${maxAgeSeconds}::float8), false) AS stale
        FROM unnest(${currencies}::text[]) AS asked (currency)
        CROSS JOIN LATERAL (
          SELECT currency, units_per_usd, observed_at, source
          FROM rate_observation
          WHERE currency = asked.currency AND kind = 'SPOT'
          ORDER BY observed_at DESC, source DESC
          LIMIT 1
        ) AS spot`;
      return rows.map(({ currency, units_per_usd, observed_at, source, stale }) => ({
        currency: currencyOf(currency),
        unitsPerUsd: rateFrom(units_per_usd),
        observedAt: observed_at,
        source,
        stale,
      }));
    },

    async history({ base, quote, from, until }, { limit, cursor, backward }) {
      const [at, source] = cursor ?? [];
      const beyond = Prisma.raw(backward ? '<' : '>');
      const direction = Prisma.raw(backward ? 'DESC' : 'ASC');
      const rows = await prisma.$queryRaw<HistoryRow[]>`
        SELECT
          quote.observed_at,
          quote.source,
          base.units_per_usd::text AS base_per_usd,
          quote.units_per_usd::text AS quote_per_usd
        FROM rate_observation AS quote
        JOIN rate_observation AS base ON base.observed_at = quote.observed_at AND base.source = quote.source
        WHERE base.currency = ${base} AND quote.currency = ${quote}
          ${from ? Prisma.sql`AND quote.observed_at >= ${from}` : Prisma.empty}
          ${until ? Prisma.sql`AND quote.observed_at < ${until}` : Prisma.empty}
          ${cursor ? Prisma.sql`AND (quote.observed_at, quote.source) ${beyond} (${at}::timestamptz, ${source})` : Prisma.empty}
        ORDER BY quote.observed_at ${direction}, quote.source ${direction}
        LIMIT ${limit + 1}`;
      return rows.map(({ observed_at, source, base_per_usd, quote_per_usd }) => ({
        at: observed_at,
        source,
        mid: cross(rateFrom(base_per_usd), rateFrom(quote_per_usd)),
      }));
    },
  };
}

function rateFrom(stored: string): Rate {
  const rate = parseRate(stored);
  if (!rate) throw new TypeError(`A stored rate is not one: ${stored}`);
  return rate;
}

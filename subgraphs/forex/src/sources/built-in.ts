import { readFile } from 'node:fs/promises';
import { type Currency, currencyOf, type Decimal, isCurrency, parseDecimal } from '@paygraph/money';
import { z } from 'zod';
import { isStorableRate, type Observation } from '../rates/observation.ts';
import { decimalOf, parseExactJson } from './exact-json.ts';
import { exchangeApiName } from './exchange-api.ts';
import { type RateSource, RateSourceError } from './rate-source.ts';

const data = (file: string): URL => new URL(`../../data/${file}`, import.meta.url);

const dayFile = z.object({ base: z.literal('USD'), date: z.iso.date(), unitsPerUsd: z.record(z.string(), z.string()) });

/** All currencies on the day that came with the code: what a platform without a live source converts at. */
export function builtInDay(file: URL = data('fx-usd-2026-09-29.json')): RateSource {
  const name = exchangeApiName;
  return {
    name,
    async read() {
      const { date, unitsPerUsd } = dayFile.parse(parseExactJson(await readFile(file, 'utf8')));
      const observedAt = new Date(`${date}T00:00:00Z`);
      return Object.entries(unitsPerUsd).flatMap(([currency, text]): Observation[] =>
        isCurrency(currency)
          ? [{ currency, observedAt, kind: 'SPOT', unitsPerUsd: storable(name, currency, decimalOf(text)) }]
          : [],
      );
    },
  };
}

/** The currency of each country in the monthly file, from the month in which its unit became the one of today. */
const SERIES: Readonly<Record<string, { readonly currency: Currency; readonly since?: string }>> = {
  Australia: { currency: currencyOf('AUD') },
  Brazil: { currency: currencyOf('BRL') },
  Canada: { currency: currencyOf('CAD') },
  China: { currency: currencyOf('CNY') },
  Denmark: { currency: currencyOf('DKK') },
  Euro: { currency: currencyOf('EUR') },
  'Hong Kong': { currency: currencyOf('HKD') },
  India: { currency: currencyOf('INR') },
  Japan: { currency: currencyOf('JPY') },
  Malaysia: { currency: currencyOf('MYR') },
  Mexico: { currency: currencyOf('MXN') },
  'New Zealand': { currency: currencyOf('NZD') },
  Norway: { currency: currencyOf('NOK') },
  Singapore: { currency: currencyOf('SGD') },
  'South Africa': { currency: currencyOf('ZAR') },
  'South Korea': { currency: currencyOf('KRW') },
  'Sri Lanka': { currency: currencyOf('LKR') },
  Sweden: { currency: currencyOf('SEK') },
  Switzerland: { currency: currencyOf('CHF') },
  Taiwan: { currency: currencyOf('TWD') },
  Thailand: { currency: currencyOf('THB') },
  'United Kingdom': { currency: currencyOf('GBP') },
  Venezuela: { currency: currencyOf('VES'), since: '2021-11-01' },
};

const MONTH_ROW = /^(\d{4}-\d{2}-01),([A-Za-z ]+),(\d+(?:\.\d+)?)$/;

/** Monthly averages since 1971: history alone, never a rate to convert at. */
export function builtInMonths(file: URL = data('fx-usd-monthly.csv')): RateSource {
  const name = 'US Federal Reserve (FRED)';
  return {
    name,
    async read() {
      const [, ...lines] = (await readFile(file, 'utf8')).trimEnd().split(/\r?\n/);
      const rows = lines.map((line) => monthRow(name, line));
      const months = [...new Set(rows.map(({ month }) => month))];
      // The file prices everything in dollars and leaves out the dollar's own price, which crosses need.
      const dollars = months.map((month) => average(currencyOf('USD'), month, { coefficient: 1n, scale: 0 }));
      return [...dollars, ...rows.flatMap(({ month, country, value }) => seriesAverage(country, month, value))];
    },
  };
}

function monthRow(source: string, line: string): { month: string; country: string; value: Decimal } {
  const [, month = '', country = '', text = ''] = MONTH_ROW.exec(line) ?? [];
  return { month, country, value: storable(source, line, parseDecimal(text)) };
}

function seriesAverage(country: string, month: string, value: Decimal): Observation[] {
  const series = SERIES[country];
  if (!series || month < (series.since ?? '')) return [];
  return [average(series.currency, month, value)];
}

function average(currency: Currency, month: string, unitsPerUsd: Decimal): Observation {
  return { currency, observedAt: new Date(`${month}T00:00:00Z`), kind: 'MONTHLY_AVERAGE', unitsPerUsd };
}

function storable(source: string, what: string, value: Decimal | undefined): Decimal {
  if (value && isStorableRate(value)) return value;
  throw new RateSourceError(source, 'MALFORMED', `not a rate: ${what}`);
}

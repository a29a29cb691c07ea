import { prismaAdapter } from '@paygraph/database';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { currencies, currencyOf, formatRate, parseDecimal } from '@paygraph/money';
import { type Page, pageFrom, toConnection } from '@paygraph/subgraph';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PrismaClient } from '../generated/prisma/client.ts';
import { builtInDay, builtInMonths } from '../sources/built-in.ts';
import type { Observation } from './observation.ts';
import { createRateStore, type HistoricalRate, type RateStore } from './store.ts';

const hour = 3_600_000;

let database: TestDatabase;
let prisma: PrismaClient;

beforeAll(async () => {
  database = await createTestDatabase('forex');
  prisma = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl }) });
});
afterAll(async () => {
  await prisma.$disconnect();
  await database.drop();
});

async function loadBuiltIn(rates: RateStore): Promise<number> {
  let added = 0;
  for (const source of [builtInDay(), builtInMonths()])
    added += await rates.record(source.name, await source.read(AbortSignal.timeout(10_000)));
  return added;
}

describe('the built-in rates', () => {
  let rates: RateStore;
  beforeAll(async () => {
    rates = createRateStore(prisma, { maxAgeMs: undefined });
    await loadBuiltIn(rates);
  });

  it('are loaded once, however often and by however many processes', async () => {
    const rows = await prisma.rateObservation.count();
    expect(await Promise.all([loadBuiltIn(rates), loadBuiltIn(rates)])).toEqual([0, 0]);
    expect(await prisma.rateObservation.count()).toBe(rows);
  });

  it('are read back digit for digit', async () => {
    const spots = await rates.latest(['EUR', 'IRR', 'KWD', 'XXX']);
    const shown = spots.map(({ currency, unitsPerUsd }) => [currency, formatRate(unitsPerUsd)]);
    expect(shown.sort()).toEqual([
      ['EUR', '0.88022588'],
      ['IRR', '1374999.64465'],
      ['KWD', '0.30871186'],
    ]);
    expect(spots.find(({ currency }) => currency === 'IRR')?.unitsPerUsd).toEqual({
      numerator: 17187495558107n,
      denominator: 12500000n,
    });
  });

  it('convert between all 158 currencies and never grow stale without a bound', async () => {
    const spots = await rates.latest(currencies.map(({ code }) => code));
    expect(spots).toHaveLength(158);
    expect(spots.some(({ stale }) => stale)).toBe(false);
  });

  it('tell the past of the yen from 1971 to now, page by page and without a gap', async () => {
    const forward = await allPages(rates, (after) => pageFrom({ first: 100, after }, ['time', 'text']));
    expect(forward).toHaveLength(667);
    expect(forward.map(({ at }) => at.getTime())).toEqual(forward.map(({ at }) => at.getTime()).sort((a, b) => a - b));
    expect(shown(forward.at(0))).toBe('1971-01-01 358.02 US Federal Reserve (FRED)');
    expect(shown(forward.at(-1))).toBe('2026-09-29 157.47729333 fawazahmed0/exchange-api');
  });

  it('tell the latest past first when asked from the end', async () => {
    const page = pageFrom({ last: 2 }, ['time', 'text']);
    const { nodes, pageInfo } = toConnection(await rates.history(yen({}), page), page, cursorOf);
    expect(nodes.map(shown)).toEqual([
      '2026-06-01 160.77 US Federal Reserve (FRED)',
      '2026-09-29 157.47729333 fawazahmed0/exchange-api',
    ]);
    expect(pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
  });

  it('tell a range of the past: from its beginning up to, but not with, its end', async () => {
    const range = yen({ from: new Date('2000-01-01T00:00:00Z'), until: new Date('2000-03-01T00:00:00Z') });
    const rows = await rates.history(range, pageFrom({}, ['time', 'text']));
    expect(rows.map(({ at }) => at.toISOString().slice(0, 10))).toEqual(['2000-01-01', '2000-02-01']);
  });

  it('cross the past exactly, from when both currencies have one', async () => {
    const page = pageFrom({ first: 1 }, ['time', 'text']);
    const [first] = await rates.history({ base: 'EUR', quote: 'JPY', from: undefined, until: undefined }, page);
    expect(first?.at).toEqual(new Date('1999-01-01T00:00:00Z'));
    expect(first?.mid).toEqual({ numerator: 1132900n, denominator: 8627n });
  });
});

describe('live rates', () => {
  let rates: RateStore;
  beforeAll(async () => {
    rates = createRateStore(prisma, { maxAgeMs: 24 * hour });
  });
  beforeEach(async () => {
    await rates.record('live', [
      spot('CHF', ago(2 * hour), '0.83'),
      spot('CHF', ago(3 * hour), '0.79'),
      spot('SEK', ago(25 * hour), '9.4'),
    ]);
  });

  it('are the latest that any source gave', async () => {
    const [franc] = await rates.latest(['CHF']);
    expect(franc).toMatchObject({ source: 'live', stale: false });
    expect(franc && formatRate(franc.unitsPerUsd)).toBe('0.83');
  });

  it('are stale beyond the bound, by the clock of the database', async () => {
    const [krona] = await rates.latest(['SEK']);
    expect(krona).toMatchObject({ source: 'live', stale: true });
  });

  it('do not become what an average of a month says', async () => {
    await rates.record('averages', [{ ...spot('CHF', ago(hour), '5'), kind: 'MONTHLY_AVERAGE' }]);
    const [franc] = await rates.latest(['CHF']);
    expect(franc?.source).toBe('live');
  });

  it('keep what was said first: the same time of the same source is not overwritten', async () => {
    const at = ago(10 * hour);
    expect(await rates.record('live', [spot('NOK', at, '9.5')])).toBe(1);
    expect(await rates.record('live', [spot('NOK', at, '0.1')])).toBe(0);
    const [krone] = await rates.latest(['NOK']);
    expect(krone && formatRate(krone.unitsPerUsd)).toBe('9.5');
  });
});

describe('the database', () => {
  it.each([
    ['a rate of zero', { unitsPerUsd: '0' }],
    ['a negative rate', { unitsPerUsd: '-1' }],
    ['a currency that is no code', { currency: 'euro' }],
  ])('refuses %s', async (_what, wrong) => {
    const right = { currency: 'EUR', observedAt: new Date(), source: 'x', kind: 'SPOT', unitsPerUsd: '1' } as const;
    await expect(prisma.rateObservation.create({ data: { ...right, ...wrong } })).rejects.toThrow('check constraint');
  });

  it('lets the service change and remove nothing that was observed', async () => {
    await expect(prisma.rateObservation.updateMany({ data: { unitsPerUsd: '1' } })).rejects.toThrow(
      'permission denied',
    );
    await expect(prisma.rateObservation.deleteMany()).rejects.toThrow('permission denied');
  });
});

function yen(range: { from?: Date; until?: Date }) {
  return { base: 'USD', quote: 'JPY', from: range.from, until: range.until };
}

async function allPages(rates: RateStore, pageAfter: (cursor: string | null) => Page): Promise<HistoricalRate[]> {
  const rows: HistoricalRate[] = [];
  let cursor: string | null = null;
  do {
    const page = pageAfter(cursor);
    const { nodes, pageInfo } = toConnection(await rates.history(yen({}), page), page, cursorOf);
    rows.push(...nodes);
    cursor = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (cursor !== null);
  return rows;
}

function cursorOf({ at, source }: HistoricalRate): string[] {
  return [at.toISOString(), source];
}

function shown(rate: HistoricalRate | undefined): string {
  return rate ? `${rate.at.toISOString().slice(0, 10)} ${formatRate(rate.mid)} ${rate.source}` : '';
}

function ago(ms: number): Date {
  return new Date(Date.now() - ms);
}

function spot(code: string, observedAt: Date, text: string): Observation {
  const unitsPerUsd = parseDecimal(text);
  if (!unitsPerUsd) throw new Error(`not a decimal: ${text}`);
  return { currency: currencyOf(code), observedAt, kind: 'SPOT', unitsPerUsd };
}

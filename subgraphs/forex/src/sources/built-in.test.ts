import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatDecimal } from '@paygraph/money';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../rates/observation.ts';
import { builtInDay, builtInMonths } from './built-in.ts';
import type { RateSource } from './rate-source.ts';

const read = (source: RateSource) => source.read(AbortSignal.timeout(10_000));

function shown({ currency, observedAt, kind, unitsPerUsd }: Observation): string {
  return `${currency} ${observedAt.toISOString().slice(0, 10)} ${kind} ${formatDecimal(unitsPerUsd)}`;
}

describe('the built-in day', () => {
  it('has every currency with a minor unit, digit for digit', async () => {
    const rates = (await read(builtInDay())).map(shown);
    expect(rates).toHaveLength(158);
    expect(rates).toContain('EUR 2026-09-29 SPOT 0.88022588');
    expect(rates).toContain('JPY 2026-09-29 SPOT 157.47729333');
    expect(rates).toContain('IRR 2026-09-29 SPOT 1374999.64464856');
    expect(rates).toContain('USD 2026-09-29 SPOT 1');
  });

  it('has no gold and no SDR, of which no amount can be stated', async () => {
    const currencies = (await read(builtInDay())).map(({ currency }) => String(currency));
    for (const code of ['XAU', 'XAG', 'XDR', 'XPD', 'XPT']) expect(currencies).not.toContain(code);
  });
});

describe('the built-in months', () => {
  it('reach from 1971 to the middle of 2026', async () => {
    const rates = (await read(builtInMonths())).map(shown);
    expect(rates).toContain('JPY 1971-01-01 MONTHLY_AVERAGE 358.0200');
    expect(rates).toContain('EUR 1999-01-01 MONTHLY_AVERAGE 0.8627');
    expect(rates).toContain('KRW 2026-06-01 MONTHLY_AVERAGE 1529.4619');
  });

  it('price the dollar in every month, so that others can be crossed through it', async () => {
    const rates = await read(builtInMonths());
    const dollars = rates.filter(({ currency }) => currency === 'USD');
    expect(dollars).toHaveLength(666);
    expect(dollars.every(({ unitsPerUsd }) => formatDecimal(unitsPerUsd) === '1')).toBe(true);
  });

  it('begin the bolívar where its unit is the one of today', async () => {
    const bolivars = (await read(builtInMonths())).filter(({ currency }) => currency === 'VES').map(shown);
    expect(bolivars[0]).toBe('VES 2021-11-01 MONTHLY_AVERAGE 4.4848');
  });

  it('give each currency one rate a month', async () => {
    const keys = (await read(builtInMonths())).map(({ currency, observedAt }) => `${currency} ${observedAt.getTime()}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('a damaged file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rates-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const fileOf = async (text: string) => {
    const path = join(folder, 'rates');
    await writeFile(path, text);
    return pathToFileURL(path);
  };

  it.each(['1999-01-01,Euro,0.0', '1999-01-01,Euro,', '1999-01-01,Euro,-1', '1999-01-02,Euro,1', 'nonsense'])(
    'with the row %j is refused whole',
    async (row) => {
      const file = await fileOf(`Date,Country,Exchange rate\r\n1999-02-01,Euro,0.9\r\n${row}\r\n`);
      await expect(read(builtInMonths(file))).rejects.toMatchObject({ name: 'RateSourceError', fault: 'MALFORMED' });
    },
  );

  it('with a rate of zero is refused whole', async () => {
    const file = await fileOf('{"base":"USD","date":"2026-09-29","unitsPerUsd":{"USD":1,"EUR":0}}');
    await expect(read(builtInDay(file))).rejects.toMatchObject({ name: 'RateSourceError', fault: 'MALFORMED' });
  });
});

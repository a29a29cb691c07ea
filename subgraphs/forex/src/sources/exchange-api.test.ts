import { createServer, type RequestListener, type Server } from 'node:http';
import { formatDecimal } from '@paygraph/money';
import { afterEach, describe, expect, it } from 'vitest';
import { exchangeApi } from './exchange-api.ts';
import type { RateSourceFault } from './rate-source.ts';

const open = new AbortController().signal;
const today = new Date('2026-10-01T09:30:00Z');
const servers: Server[] = [];

/** A publisher that answers as told; its address. */
async function publisher(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/v1/currencies/usd.json`;
}

function source(url: string, timeoutMs?: number) {
  return exchangeApi({ url, clock: () => today, ...(timeoutMs !== undefined && { timeoutMs }) });
}

function publishes(body: string): RequestListener {
  return (_request, response) => response.setHeader('content-type', 'application/json').end(body);
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('live rates', () => {
  it('are those of ISO 4217 currencies, digit for digit, on the day of the publisher', async () => {
    const body = `{
      "date": "2026-10-01",
      "usd": { "1inch": 4.1, "btc": 8.6e-06, "eur": 0.88022588123456789012, "jpy": 157.47729333, "kwd": 3.0871186e-1,
        "usd": 1, "xau": 0.00024 }
    }`;
    const rates = await source(await publisher(publishes(body))).read(open);
    expect(rates.map(({ currency, unitsPerUsd }) => [currency, formatDecimal(unitsPerUsd)])).toEqual([
      ['EUR', '0.88022588123456789012'],
      ['JPY', '157.47729333'],
      ['KWD', '0.30871186'],
      ['USD', '1'],
    ]);
    expect(new Set(rates.map(({ observedAt }) => observedAt.toISOString()))).toEqual(
      new Set(['2026-10-01T00:00:00.000Z']),
    );
  });

  it('that no longer move on keep the day they are of', async () => {
    const [eur] = await source(await publisher(publishes('{"date":"2026-09-01","usd":{"eur":0.9,"usd":1}}'))).read(
      open,
    );
    expect(eur?.observedAt).toEqual(new Date('2026-09-01T00:00:00Z'));
  });

  it.each<[string, RateSourceFault, RequestListener]>([
    ['a server error', 'UNAVAILABLE', (_request, response) => response.writeHead(503).end('{}')],
    ['a missing file', 'UNAVAILABLE', (_request, response) => response.writeHead(404).end()],
    ['no JSON', 'MALFORMED', publishes('<html>down for maintenance</html>')],
    ['JSON cut short', 'MALFORMED', publishes('{"date":"2026-10-01","usd":{"eur":0.8')],
    ['another shape', 'MALFORMED', publishes('{"base":"USD","rates":{"EUR":0.88}}')],
    ['a day that is none', 'MALFORMED', publishes('{"date":"2026-13-01","usd":{"usd":1}}')],
    ['a day to come', 'MALFORMED', publishes('{"date":"2026-10-03","usd":{"usd":1}}')],
    ['a rate of zero', 'MALFORMED', publishes('{"date":"2026-10-01","usd":{"usd":1,"eur":0}}')],
    ['a negative rate', 'MALFORMED', publishes('{"date":"2026-10-01","usd":{"usd":1,"eur":-0.88}}')],
    ['a rate that is null', 'MALFORMED', publishes('{"date":"2026-10-01","usd":{"usd":1,"eur":null}}')],
    ['rates in another base', 'MALFORMED', publishes('{"date":"2026-10-01","usd":{"usd":1.136,"eur":1}}')],
    ['no dollar', 'MALFORMED', publishes('{"date":"2026-10-01","usd":{"eur":0.88}}')],
    ['an answer without end', 'MALFORMED', publishes(`{"date":"${'9'.repeat(2_000_000)}"}`)],
    ['a connection cut off', 'UNREACHABLE', (request) => request.socket.destroy()],
  ])('are none when the publisher has %s: %s', async (_what, fault, answer) => {
    const url = await publisher(answer);
    await expect(source(url).read(open)).rejects.toMatchObject({ name: 'RateSourceError', fault });
  });

  it('are none when the publisher is too slow to begin, or to end', async () => {
    const silent = await publisher(() => {});
    const stalling = await publisher((_request, response) => response.writeHead(200).write('{"date":'));
    for (const url of [silent, stalling])
      await expect(source(url, 50).read(open)).rejects.toMatchObject({ fault: 'TIMED_OUT' });
  });

  it('are not waited for once the service stops', async () => {
    const stopping = new AbortController();
    const url = await publisher(() => stopping.abort());
    await expect(source(url).read(stopping.signal)).rejects.toMatchObject({ name: 'RateSourceError' });
  });

  it('are none when nobody is there', async () => {
    const url = await publisher(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(source(url).read(open)).rejects.toMatchObject({ fault: 'UNREACHABLE' });
  });
});

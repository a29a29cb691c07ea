import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anonymous } from '@paygraph/auth';
import { createHttpServer, createLogger, listen } from '@paygraph/service';
import { afterEach, describe, expect, it } from 'vitest';
import { createRateLimiter, type RateLimits } from '../protection/rate-limits.ts';
import { until } from '../testing/until.ts';
import { serveExports } from './exports.ts';

const host = '127.0.0.1';
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A gateway's server before a subgraph that exports as it is told. */
async function gatewayBefore(
  respond: (response: ServerResponse, url: string) => void,
  limits: Partial<RateLimits> = {},
) {
  const subgraph = createServer((request, response) => respond(response, request.url ?? ''));
  subgraph.listen(0, host);
  await once(subgraph, 'listening');
  const { port } = subgraph.address() as AddressInfo;
  closing.push(async () => {
    subgraph.closeAllConnections();
    subgraph.close();
  });
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  const app = createHttpServer({ logger });
  const rateLimiter = createRateLimiter({ limits, logger });
  serveExports(app, {
    addressOf: () => `http://${host}:${port}/graphql`,
    charge: async (address, points = 1) => rateLimiter.charge({ principal: anonymous, address }, points),
  });
  closing.push(() => app.close());
  return { url: await listen(app, { host, port: 0 }), subgraph };
}

describe('an export through the gateway', () => {
  it('is what the subgraph makes, with its name and kind, and none of its other headers', async () => {
    const { url } = await gatewayBefore((response, path) => {
      response.writeHead(200, {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': 'attachment; filename="statement.csv"',
        'x-internal': 'yes',
      });
      response.end(`asked for ${path}`);
    });
    const answer = await fetch(`${url}/exports/ledger?token=a%2Bb`);
    expect(await answer.text()).toBe('asked for /exports?token=a%2Bb');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="statement.csv"');
    expect(answer.headers.get('x-internal')).toBeNull();
  });

  it('is refused as the subgraph refuses it', async () => {
    const refusal = { errors: [{ message: 'No.', extensions: { code: 'FORBIDDEN' } }] };
    const { url } = await gatewayBefore((response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
    });
    const answer = await fetch(`${url}/exports/ledger?token=old`);
    expect([answer.status, await answer.json()]).toEqual([403, refusal]);
  });

  it('ends at the subgraph when the client goes away, and is taken no faster than the client takes it', async () => {
    let written = 0;
    let ended: () => void = () => {};
    const isEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { url } = await gatewayBefore((response) => {
      const piece = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (!response.destroyed && written < 1024 ** 3) {
          written += piece.length;
          if (!response.write(piece)) return;
        }
      };
      response.on('drain', write).on('close', ended);
      write();
    });
    const client = new AbortController();
    const { body } = await fetch(`${url}/exports/ledger?token=t`, { signal: client.signal });
    await body?.getReader().read();
    client.abort();
    await isEnded;
    expect(written).toBeLessThan(64 * 1024 ** 2);
  });

  it('that breaks off does not look whole', async () => {
    const { url } = await gatewayBefore((response) => {
      response.write('half of it');
      setImmediate(() => response.destroy());
    });
    const text = fetch(`${url}/exports/ledger?token=t`).then((answer) => answer.text());
    await expect(text).rejects.toThrow();
  });

  it('is paid for by the strangers of a network, before a subgraph is asked', async () => {
    let asked = 0;
    const respond = (response: ServerResponse) => {
      asked += 1;
      response.writeHead(403).end();
    };
    const { url } = await gatewayBefore(respond, { anonymous: 25 });
    const ask = () => fetch(`${url}/exports/ledger?token=guess`);
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['15', '5', '0']);
    expect(await answers[2]?.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(asked).toBe(2);
  });

  it('waits for no other: one too many is told to come again', async () => {
    const running: ServerResponse[] = [];
    const { url } = await gatewayBefore((response) => {
      response.write('begun');
      running.push(response);
    });
    const ask = () => fetch(`${url}/exports/ledger?token=t`);
    const begun = await Promise.all(Array.from({ length: 16 }, ask));
    expect(begun.map(({ status }) => status)).toEqual(Array(16).fill(200));
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
      ...[503, '10'],
      { errors: [{ extensions: { code: 'SUBGRAPH_OVERLOADED' } }] },
    ]);
    for (const response of running) response.end();
    await Promise.all(begun.map((answer) => answer.text()));
    await until(async () => {
      const { status, body } = await ask();
      await body?.cancel();
      expect(status).toBe(200);
    });
  });

  it('is not there for what serves none, and not at the moment for one that is away', async () => {
    const { url, subgraph } = await gatewayBefore((response) => response.end());
    expect((await fetch(`${url}/exports/wallet`)).status).toBe(404);
    subgraph.closeAllConnections();
    subgraph.close();
    const answer = await fetch(`${url}/exports/ledger?token=t`);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] },
    ]);
  });
});

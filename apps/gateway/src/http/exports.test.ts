import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpServer, createLogger, listen } from '@paygraph/service';
import { afterEach, describe, expect, it } from 'vitest';
import { serveExports } from './exports.ts';

const host = '127.0.0.1';
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A gateway's server before a subgraph that exports as it is told. */
async function gatewayBefore(respond: (response: ServerResponse, url: string) => void) {
  const subgraph = createServer((request, response) => respond(response, request.url ?? ''));
  subgraph.listen(0, host);
  await once(subgraph, 'listening');
  const { port } = subgraph.address() as AddressInfo;
  closing.push(async () => {
    subgraph.closeAllConnections();
    subgraph.close();
  });
  const app = createHttpServer({ logger: createLogger({ service: 'gateway', level: 'silent' }) });
  serveExports(app, new Map([['ledger', `http://${host}:${port}/graphql`]]));
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

  it('is not there for what is no subgraph, and not at the moment for one that is away', async () => {
    const { url, subgraph } = await gatewayBefore((response) => response.end());
    expect((await fetch(`${url}/exports/nobody`)).status).toBe(404);
    subgraph.closeAllConnections();
    subgraph.close();
    const answer = await fetch(`${url}/exports/ledger?token=t`);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] },
    ]);
  });
});

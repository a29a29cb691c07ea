import { createLinks, generateSigningKey } from '@paygraph/auth';
import { createHttpServer, createLogger, listen } from '@paygraph/service';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { textOf } from './format.ts';
import { claimsOf } from './request.ts';
import { addressOf, type ExportRoutesOptions, exportRoutes } from './routes.ts';
import type { ExportedEntry, Pages } from './store.ts';

const closing: (() => Promise<unknown>)[] = [];
const links = createLinks({ key: generateSigningKey(), use: 'test', lifetime: 60 });
const { token } = links.sign(claimsOf({ of: 'statement', accountId: 'acc_1', format: 'JSON_LINES', by: 'cus_1' }));

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const entry: ExportedEntry = {
  sequence: 1n,
  transactionId: 'txn_1',
  kind: 'TRANSFER',
  reference: 'x'.repeat(64),
  reverses: null,
  effectiveAt: '2026-11-21T12:00:00.000000Z',
  postedAt: '2026-11-21T12:00:00.000000Z',
  metadata: {},
  position: 1,
  account: 'wal_1',
  ownerId: 'cus_1',
  currency: 'USD',
  direction: 'DEBIT',
  amount: 1n,
  balance: 1n,
  version: 1n,
};

/** What a page of a thousand such entries makes as JSON Lines. */
const pageBytes = 1_000 * (await lineLength());

async function lineLength(): Promise<number> {
  async function* one(): Pages {
    yield [entry];
  }
  const asked = { of: 'statement', accountId: 'acc_1', format: 'JSON_LINES', by: 'cus_1' } as const;
  const { value } = await textOf(one(), asked).next();
  return value?.length ?? 0;
}

/** Serves a statement of so many pages of a thousand entries, and counts what is read of it. */
async function serve(pages: number, options: Partial<ExportRoutesOptions> = {}) {
  const reading = { pages: 0, ended: 0 };
  async function* statement(): Pages {
    try {
      for (let page = 0; page < pages; page += 1) {
        reading.pages += 1;
        // As long as a database takes to answer, so that others get their turn.
        await new Promise((resolve) => setImmediate(resolve));
        yield Array.from({ length: 1_000 }, () => entry);
      }
    } finally {
      reading.ended += 1;
    }
  }
  const app = createHttpServer({ logger: createLogger({ service: 'ledger', level: 'silent' }), closeGraceMs: 0 });
  exportRoutes({ links, exports: { statement, journal: statement }, ...options })(app);
  const origin = await listen(app, { host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  const url = new URL(addressOf(token).replace('/exports/ledger', '/exports'), origin);
  /** Fetches the export and takes its first piece. */
  const begin = async () => {
    const client = new AbortController();
    const answer = await fetch(url, { signal: client.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    closing.push(async () => client.abort());
    return { client, reader };
  };
  return { url, reading, begin };
}

/** Whether it stays as it is, looked at again and again for a while. */
async function settles(value: () => number): Promise<number> {
  let last = -1;
  await vi.waitFor(
    () => {
      const now = value();
      const same = now === last;
      last = now;
      expect(same).toBe(true);
    },
    { timeout: 10_000, interval: 200 },
  );
  return last;
}

describe('an export', () => {
  it('of fifty megabytes is at no time more than a few of them on its way', async () => {
    const { url, reading } = await serve(200);
    const answer = await fetch(url);
    let [bytes, most] = [0, 0];
    for await (const piece of answer.body ?? []) {
      bytes += piece.length;
      most = Math.max(most, reading.pages * pageBytes - bytes);
    }
    expect(reading).toEqual({ pages: 200, ended: 1 });
    expect(bytes).toBe(200 * pageBytes);
    expect(bytes).toBeGreaterThan(50 * 1024 ** 2);
    expect(most).toBeLessThan(16 * 1024 ** 2);
  });

  it('is read no further than its client takes it', async () => {
    const { reading, begin } = await serve(100_000);
    const { reader } = await begin();
    const idle = await settles(() => reading.pages);
    expect(idle).toBeLessThan(200);
    for (let piece = 0; piece < 2_000; piece += 1) await reader?.read();
    expect(reading.pages).toBeGreaterThan(idle);
  });

  it('ends when its client goes away', async () => {
    const { reading, begin } = await serve(100_000);
    const { client } = await begin();
    client.abort();
    await vi.waitFor(() => expect(reading.ended).toBe(1), { timeout: 10_000 });
    const pages = reading.pages;
    expect(await settles(() => reading.pages)).toBe(pages);
  });

  it('ends when its client takes nothing any more', async () => {
    const { reading, begin } = await serve(100_000, { patienceMs: 50 });
    await begin();
    await vi.waitFor(() => expect(reading.ended).toBe(1), { timeout: 10_000 });
  });

  it.each([
    ['run at once', { atOnce: 1 }],
    ['of one person run at once', { atOncePerPerson: 1 }],
  ])('waits for its turn when too many %s, and gets it when one has ended', async (_name, options) => {
    const { url, reading, begin } = await serve(100_000, options);
    const { client } = await begin();
    const refused = await fetch(url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    client.abort();
    await vi.waitFor(() => expect(reading.ended).toBe(1), { timeout: 10_000 });
    await vi.waitFor(async () => {
      const { client: next } = await begin();
      expect(reading.pages).toBeGreaterThan(0);
      next.abort();
    });
  });

  it('that fails on its way does not look whole', async () => {
    async function* broken(): Pages {
      yield [entry];
      throw new Error('the database is gone');
    }
    const { url } = await serve(0, { exports: { statement: broken, journal: broken } });
    await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
  });

  it('is not read for whoever asks with HEAD', async () => {
    const { url, reading } = await serve(1);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
    expect(reading.pages).toBe(0);
  });
});

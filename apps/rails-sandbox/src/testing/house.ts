import type { AddressInfo } from 'node:net';
import { currencyOf } from '@paygraph/money';
import type { RailAdapter, RawWebhook } from '@paygraph/rails';
import { createRails, railEnvironment } from '@paygraph/rails/adapters';
import { createLogger, loadConfig, systemClock } from '@paygraph/service';
import { type FastifyInstance, fastify } from 'fastify';
import type { RailName } from '../books.ts';
import { createRailsSandbox, type RailsSandbox } from '../sandbox.ts';
import { sandboxSettings } from '../settings.ts';
import { until } from './until.ts';

/** A sandbox, an adapter that calls it as payment would, and what came back as callbacks. */
export interface House {
  readonly sandbox: RailsSandbox;
  readonly rail: RailAdapter;
  /** Another adapter of the same rail, where nobody answers. */
  readonly orphan: RailAdapter;
  /** Callbacks for this rail, in the order they came. */
  readonly callbacks: RawWebhook[];
  /** The first so many callbacks, once they are there. */
  callbacksReceived(count: number): Promise<readonly RawWebhook[]>;
  stop(): Promise<void>;
}

export const cedis = currencyOf('GHS');

export async function openHouse(name: RailName): Promise<House> {
  const callbacks: RawWebhook[] = [];
  const receiver = await receive(name, callbacks);
  const callbackUrl = `${addressOf(receiver)}/webhooks/rails`;
  const sandbox = createRailsSandbox({
    ...{
      logger: createLogger({ service: 'rails-sandbox', level: 'silent' }),
      clock: systemClock,
      seed: 7,
      callbackUrl,
    },
    floats: ['GHS', 'EUR'].map((code) => ({ amount: 100_000_000n, currency: currencyOf(code) })),
  });
  await sandbox.app.listen({ host: '127.0.0.1', port: 0 });
  const closed = await receive(name, []);
  const nowhere = addressOf(closed);
  await closed.close();
  const there = railAt(addressOf(sandbox.app), callbackUrl, name);
  const gone = railAt(nowhere, callbackUrl, name);
  return {
    ...{ sandbox, callbacks, rail: there.rail, orphan: gone.rail },
    callbacksReceived: async (count) => {
      await until(`${count} callbacks`, () => (callbacks.length >= count ? true : undefined));
      return callbacks.slice(0, count);
    },
    stop: async () => {
      await sandbox.stop();
      await Promise.all([there.close(), gone.close(), receiver.close()]);
    },
  };
}

function railAt(sandboxUrl: string, callbackUrl: string, name: RailName) {
  const config = loadConfig(railEnvironment, sandboxSettings(sandboxUrl, callbackUrl));
  const rails = createRails(config, { now: systemClock });
  const rail = rails.adapters.find((adapter) => adapter.name === name);
  if (!rail) throw new Error(`There is no rail ${name}`);
  return { rail, close: rails.close };
}

async function receive(name: RailName, callbacks: RawWebhook[]): Promise<FastifyInstance> {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.all('/webhooks/rails/*', async ({ method, url, headers, body }) => {
    const path = url.replace(`/webhooks/rails/${name}`, '');
    const flat = Object.entries(headers).map(([header, value]) => [header, String(value)]);
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    callbacks.push({ method, path, headers: Object.fromEntries(flat), body: bytes, receivedAt: new Date() });
    return {};
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app;
}

function addressOf(app: FastifyInstance): string {
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

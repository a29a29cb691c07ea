import { Gauge } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { optional, required } from './health.ts';
import { createHttpServer } from './http.ts';
import { listen, PortInUseError } from './listen.ts';
import { createLogger } from './logger.ts';
import { createMetrics, inFlight, type Metrics } from './metrics.ts';

const host = '127.0.0.1';
const logger = createLogger({ service: 'test', level: 'silent' });
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function freePort(): Promise<number> {
  const app = createHttpServer({ logger });
  const { port } = new URL(await listen(app, { host, port: 0 }));
  await app.close();
  return Number(port);
}

/** A service that measures, with a route that answers and one that fails. */
async function serve(metrics: Metrics): Promise<string> {
  const app = createHttpServer({ logger, metrics });
  closing.push(() => app.close());
  app.get('/things/:id', async () => 'here');
  app.get('/broken', async () => {
    throw new Error('broken');
  });
  return listen(app, { host, port: 0 });
}

const scrape = async (port: number) => (await fetch(`http://${host}:${port}/metrics`)).text();

describe('the metrics of a service', () => {
  it('are served on a port of their own and not beside the graph', async () => {
    const port = await freePort();
    const url = await serve(createMetrics({ service: 'ledger', host, port }));
    const answer = await fetch(`http://${host}:${port}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await answer.text()).toContain('process_resident_memory_bytes{service="ledger"}');
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it('count requests by route and kind of answer, whatever addresses clients make up', async () => {
    const port = await freePort();
    const url = await serve(createMetrics({ service: 'ledger', host, port }));
    for (const path of ['/things/1', '/things/2', '/broken', '/made-up-1', '/made-up-2']) await fetch(url + path);
    const text = await scrape(port);
    const count = (route: string, status: string) =>
      new RegExp(`duration_seconds_count{[^}]*route="${route}",status="${status}"[^}]*} (\\d+)`).exec(text)?.[1];
    expect([count('/things/:id', '2xx'), count('/broken', '5xx'), count('unknown', '4xx')]).toEqual(['2', '1', '2']);
    expect(text).not.toContain('made-up');
  });

  it('say what the service works with and reaches', async () => {
    const metrics = createMetrics({ service: 'ledger', host });
    const down = () => Promise.reject(new Error('away'));
    const dependencies = () => ({ postgresql: required(async () => ({ version: 18 })), redis: optional(down) });
    const app = createHttpServer({ logger, metrics, dependencies });
    closing.push(() => app.close());
    const text = await metrics.registry.metrics();
    expect(text).toContain('paygraph_dependency_up{dependency="postgresql",service="ledger"} 1');
    expect(text).toContain('paygraph_dependency_up{dependency="redis",service="ledger"} 0');
  });

  it('have health beside them, which is not good while the service does not listen', async () => {
    const port = await freePort();
    const dependencies = () => ({ postgresql: required(async () => ({ version: 18 })) });
    const app = createHttpServer({ logger, metrics: createMetrics({ service: 'ledger', host, port }), dependencies });
    closing.push(() => app.close());
    await app.ready();
    const health = async (path: string) => {
      const answer = await fetch(`http://${host}:${port}/health/${path}`);
      return [answer.status, await answer.json()];
    };
    const postgresql = { status: 'up', version: 18 };
    expect(await health('live')).toEqual([200, { status: 'live' }]);
    expect(await health('ready')).toEqual([
      503,
      { status: 'unavailable', dependencies: { port: { status: 'down', why: 'FAILED' }, postgresql } },
    ]);
    await listen(app, { host, port: 0 });
    expect(await health('ready')).toEqual([
      200,
      { status: 'ready', dependencies: { port: { status: 'up' }, postgresql } },
    ]);
  });

  it('do not mix with those of another in the same process', async () => {
    const ports = [await freePort(), await freePort()] as const;
    const services = ['ledger', 'payment'].map((service, index) =>
      createMetrics({ service, host, port: ports[index as 0 | 1] }),
    );
    for (const [index, metrics] of services.entries()) {
      new Gauge({ name: 'queue', help: 'A queue.', registers: [metrics.registry] }).set(index);
      await serve(metrics);
    }
    expect(await scrape(ports[0])).toContain('queue{service="ledger"} 0');
    expect(await scrape(ports[1])).toContain('queue{service="payment"} 1');
    expect(await scrape(ports[0])).not.toContain('payment');
  });

  it('are not served without a port, and end with the service', async () => {
    const silent = createMetrics({ service: 'ledger', host });
    await serve(silent);
    expect(silent.registry.getSingleMetric('process_cpu_seconds_total')).toBeUndefined();

    const port = await freePort();
    const metrics = createMetrics({ service: 'ledger', host, port });
    const app = createHttpServer({ logger, metrics });
    await listen(app, { host, port: 0 });
    await app.close();
    await expect(scrape(port)).rejects.toThrow();
  });

  it('keep a service from starting on a port that is taken, and name the setting', async () => {
    const port = await freePort();
    await serve(createMetrics({ service: 'ledger', host, port }));
    const late = serve(createMetrics({ service: 'payment', host, port }));
    await expect(late).rejects.toThrow(PortInUseError);
    await expect(late).rejects.toThrow('METRICS_PORT');
  });
});

describe('what several metrics of one scrape read', () => {
  it('is read once for all of them, and anew for the next', async () => {
    let reads = 0;
    const read = inFlight(async () => ++reads);
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
    expect(await read()).toBe(2);
  });

  it('is nothing while it cannot be read', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve(7)];
    const read = inFlight(() => answers.shift() ?? Promise.resolve(0));
    expect([await read(), await read()]).toEqual([undefined, 7]);
  });
});

import { type FastifyInstance, fastify } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { listen } from './listen.ts';

/**
 * What one service instance measures. Each has a registry of its own, so that several in one process do not mix, and
 * every metric carries the label `service`.
 */
export interface Metrics {
  /** What further metrics register with. Their labels take few values: never an id, an amount or what a client chose. */
  readonly registry: Registry;
  /** Begins to serve `/metrics` in Prometheus' text format, if there is a port for it. @throws PortInUseError */
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface MetricsOptions {
  readonly service: string;
  readonly host: string;
  /** Apart from the port of the graph, so that what is open to clients does not open this. Nothing is served without. */
  readonly port?: number | undefined;
}

export function createMetrics({ service, host, port }: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  let app: FastifyInstance | undefined;
  return {
    registry,
    async open() {
      if (port === undefined || app) return;
      // Only now: they watch the process from here on, for whom nobody asks.
      collectDefaultMetrics({ register: registry });
      app = fastify({ forceCloseConnections: true });
      app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
      await listen(app, { host, port, setting: 'METRICS_PORT' });
    },
    close: async () => app?.close(),
  };
}

/**
 * Reads what several gauges of one scrape show: once for all that ask at the same time, and undefined when it cannot be read,
 * so that what is away takes no other metric with it.
 */
export function inFlight<Value>(read: () => Promise<Value>): () => Promise<Value | undefined> {
  let reading: Promise<Value | undefined> | undefined;
  return () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
}

/** Measures every request that the server answers, by route and not by address. */
export function measureRequests(app: FastifyInstance, { registry, open, close }: Metrics): void {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const seriesOf = remembered((method: string, route: string, status: string) =>
    durations.labels({ method, route, status }),
  );
  app.addHook('onResponse', ({ method, routeOptions }, { statusCode, elapsedTime }, done) => {
    seriesOf(method, routeOptions.url ?? 'unknown', `${Math.floor(statusCode / 100)}xx`).observe(elapsedTime / 1000);
    done();
  });
  app.addHook('onReady', open);
  app.addHook('onClose', close);
}

/** Finding a series by its labels takes longer than counting: it is done once for each. Labels take few values. */
export function remembered<Labels extends readonly string[], Series>(
  find: (...labels: Labels) => Series,
): (...labels: Labels) => Series {
  const known = new Map<string, Series>();
  return (...labels) => {
    const key = labels.join(' ');
    const series = known.get(key) ?? find(...labels);
    known.set(key, series);
    return series;
  };
}

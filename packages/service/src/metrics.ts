import { type FastifyInstance, fastify } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createDurations } from './durations.ts';
import { listen } from './listen.ts';
import { measureCertificates, type Tls } from './tls.ts';

/**
 * What one service instance measures. Each has a registry of its own, so that several in one process do not mix, and
 * every metric carries the label `service`.
 */
export interface Metrics {
  /** What further metrics register with. Their labels take few values: never an id, an amount or what a client chose. */
  readonly registry: Registry;
  /**
   * Begins to serve `/metrics` in Prometheus' text format, and what `routes` adds for operators, if there is a port for it.
   * @throws PortInUseError
   */
  open(routes?: (app: FastifyInstance) => void): Promise<void>;
  close(): Promise<void>;
}

export interface MetricsOptions {
  readonly service: string;
  readonly host: string;
  /** Apart from the port of the graph, so that what is open to clients does not open this. Nothing is served without. */
  readonly port?: number | undefined;
  /** Whose certificates are watched. */
  readonly tls?: Tls | undefined;
}

export function createMetrics({ service, host, port, tls }: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  measureCertificates(registry, tls);
  let app: FastifyInstance | undefined;
  return {
    registry,
    async open(routes) {
      if (port === undefined || app) return;
      // Only now: they watch the process from here on, for whom nobody asks.
      collectDefaultMetrics({ register: registry });
      app = fastify({ forceCloseConnections: true });
      app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
      routes?.(app);
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

const classes = ['unknown', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** Measures every request that the server answers, by route and not by address. */
export function measureRequests(app: FastifyInstance, { registry }: Metrics): void {
  const observe = createDurations({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    registry,
  });
  app.addHook('onResponse', ({ method, routeOptions }, { statusCode, elapsedTime }, done) => {
    observe(
      elapsedTime / 1000,
      method,
      routeOptions.url ?? 'unknown',
      classes[Math.floor(statusCode / 100)] ?? 'unknown',
    );
    done();
  });
}

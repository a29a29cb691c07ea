import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '@paygraph/ids';
import type { Tracing } from '@paygraph/tracing';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import {
  addHealthRoutes,
  createHealthCheck,
  type Dependencies,
  type Dependency,
  type Health,
  measureDependencies,
  required,
} from './health.ts';
import type { Logger } from './logger.ts';
import { type Metrics, measureRequests } from './metrics.ts';
import { RequestLogger } from './request-logger.ts';
import type { Tls } from './tls.ts';
import { traceRequests } from './tracing.ts';

export interface HttpServerOptions {
  readonly logger: Logger;
  /** Measures requests, and is served as long as the server is. */
  readonly metrics?: Metrics | undefined;
  /** Traces requests; see `spanOf`. */
  readonly tracing?: Tracing | undefined;
  /** Has it speak HTTPS, with services that have a certificate and nobody else. */
  readonly tls?: Tls | undefined;
  /** What the service works with at the moment, shown by `/health/ready`. */
  readonly dependencies?: (() => Dependencies) | undefined;
  /** Largest request body in bytes. */
  readonly bodyLimit?: number;
  /** Proxies whose word is taken for the address of a client; none if left out. */
  readonly trustProxy?: string[] | undefined;
  /** Time in ms that requests under way have to finish once the server closes. */
  readonly closeGraceMs?: number;
}

/** Time in ms that a new connection has to ask something once the server closes. */
const silentMs = 100;
/** Longest time in ms from the first byte of a request to its last. Fastify sets no bound by itself. */
const requestTimeoutMs = 60_000;
/** Time in ms that an idle connection is kept. */
const keepAliveMs = 72_000;

/**
 * A Fastify server with `/health/live` (the process runs), `/health/ready` (it can do its work) and a request id in
 * every answer: the caller's `x-request-id` when it is sane, so that one id follows a request through all services.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const {
    logger,
    metrics,
    tracing,
    tls,
    dependencies = () => ({}),
    bodyLimit = 1024 * 1024,
    trustProxy = [],
    closeGraceMs = 3_000,
  } = options;
  const loggerInstance: FastifyBaseLogger = logger;
  // Fastify's two lines per request say too much for probes and too little for GraphQL: one line at debug replaces them.
  const logController = new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' });
  const app = fastify({
    ...{
      loggerInstance,
      logController,
      genReqId: requestIdOf,
      childLoggerFactory: (parent, bindings, options) => new RequestLogger(parent, () => bindings, options),
    },
    ...{ bodyLimit, requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveMs },
    ...(trustProxy.length > 0 && { trustProxy }),
    ...(tls && {
      serverFactory: (handler: RequestListener) =>
        tls.createServer({ requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveMs }, handler),
    }),
  });

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  if (logger.isLevelEnabled('debug'))
    app.addHook('onResponse', async (request, reply) => {
      const { method, routeOptions, log } = request;
      const route = routeOptions.url ?? 'unknown';
      log.debug({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered');
    });
  const health = createHealthCheck(app.log);
  if (metrics) {
    measureRequests(app, metrics);
    measureDependencies(metrics.registry, () => health(dependencies()));
    serveOperators(app, metrics, (port) => health({ port, ...dependencies() }));
  }
  if (tracing) traceRequests(app, tracing);
  letConnectionsGo(app, closeGraceMs);
  answerErrors(app);
  addHealthRoutes(app, () => health(dependencies()));
  return app;
}

/** The caller's request id when it is 8 to 128 harmless characters, a new one otherwise. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{8,128}$/.test(given) ? given : newId('req');
}

/**
 * The server is closed when its last connection is. One that is busy would stay open for its next request, so it is told
 * to go with its answer. One that has asked nothing yet, as browsers and `fetch` open them in advance, is not idle to Node:
 * it is soon cut off, and one that does not finish at the end.
 */
function letConnectionsGo(app: FastifyInstance, graceMs: number): void {
  let closing = false;
  const connections = new Set<Socket>();
  app.server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => {
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    }, silentMs).unref();
    setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, graceMs).unref();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
}

/**
 * Health beside the metrics, where probes reach it that have no certificate. The service is not ready there before it listens,
 * nor when it no longer does.
 */
function serveOperators(
  app: FastifyInstance,
  metrics: Metrics,
  healthWith: (port: Dependency) => Promise<Health>,
): void {
  const port = required(async () => {
    if (!app.server.listening) throw new Error('The service does not listen');
  });
  app.addHook('onReady', () => metrics.open((operators) => addHealthRoutes(operators, () => healthWith(port))));
  app.addHook('onClose', metrics.close);
}

/** Errors outside GraphQL's own answers take the same shape, and those of the server keep their cause to the log. */
function answerErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).send({ errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] });
  });
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status < 500 && error instanceof Error) {
      return reply.code(status).send({ errors: [{ message: error.message, extensions: { code: 'BAD_REQUEST' } }] });
    }
    request.log.error({ err: error }, 'request failed');
    const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId: request.id };
    return reply.code(status).send({ errors: [{ message: 'Something went wrong', extensions }] });
  });
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('statusCode' in error)) return 500;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 600 ? statusCode : 500;
}

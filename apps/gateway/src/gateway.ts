import fastifyCors from '@fastify/cors';
import { type Authenticate, anonymous, type Policies, type Prove, rememberVerified } from '@paygraph/auth';
import { playgroundDirectory as builtPlayground } from '@paygraph/playground';
import {
  createHttpServer,
  type Dependencies,
  type Logger,
  listen,
  type Metrics,
  optional,
  spanOf,
  type Tls,
} from '@paygraph/service';
import type { Tracing } from '@paygraph/tracing';
import type { GraphqlWs } from '@paygraph/websocket';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createResponseCache, type ResponseCacheOptions } from './caching/response-cache.ts';
import { createGenerations } from './generations.ts';
import { createAnswers } from './http/answers.ts';
import { authenticateRequest, type ChargeStranger } from './http/authenticate.ts';
import { serveExports } from './http/exports.ts';
import { protectAnswers } from './http/headers.ts';
import { servePlayground } from './http/playground.ts';
import { createGatewayMetrics } from './metrics/metrics.ts';
import { createBeginOperation } from './operations.ts';
import type { Registered } from './pipeline/warm-up.ts';
import { createProtection, type ProtectionOptions } from './protection/protection.ts';
import { createRateLimiter, type RateLimiterOptions } from './protection/rate-limits.ts';
import { createScope, type RequestScope } from './scope.ts';
import { createStreams } from './streams/serve.ts';
import type { CallSettings } from './subgraphs/settings.ts';
import type { Subgraph } from './subgraphs/subgraph.ts';
import type { ReopenPolicy } from './subscriptions/feed.ts';
import { type Caps, createQuota } from './subscriptions/quota.ts';
import { createNewcomers } from './websocket/newcomers.ts';
import { serveWebSockets } from './websocket/serve.ts';

export interface GatewayOptions {
  /** The composed supergraph, as `supergraph.graphql` holds it. */
  readonly supergraphSdl: string;
  /** GraphQL addresses of subgraphs by name, in place of the supergraph's routing URLs. */
  readonly subgraphUrls?: Readonly<Record<string, string>>;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** What clients are known to send: it is planned before they do, and measured by name; every other text is measured as one. */
  readonly registered?: readonly Registered[];
  /** Time in ms that plans may take before the gateway listens, and before it uses another supergraph; 2 s and 10 s if left out. */
  readonly warmUp?: { readonly startMs: number; readonly reloadMs: number };
  /** The built Playground; that of `@paygraph/playground` if left out. */
  readonly playgroundDirectory?: string;
  /** Origins of web pages that browsers may let call the gateway; none if left out. */
  readonly corsOrigins?: readonly string[];
  /** What operations may ask for and spend; the documented defaults for what is left out. */
  readonly protection?: Omit<ProtectionOptions, 'rateLimiter'>;
  /** How it proves to a subgraph that it asks in people's names; it does not if left out. */
  readonly proverFor?: (subgraph: string) => Prove | undefined;
  /** How connections to subgraphs are secured; not at all if left out. Clients come to it as they do without. */
  readonly tls?: Tls | undefined;
  /** What callers may spend in a minute; nothing is counted if left out. */
  readonly rateLimits?: Omit<RateLimiterOptions, 'logger'>;
  /** How answers that are for everybody are kept; they are not if left out. */
  readonly responseCache?: Omit<ResponseCacheOptions, 'logger' | 'onAnswer'> | undefined;
  /** Proxies whose word is taken for where a request comes from: addresses, or networks such as `10.0.0.0/8`. */
  readonly trustedProxies?: readonly string[];
  /** Hides the schema from anonymous callers: no introspection, no suggestions. Follows `NODE_ENV` if left out. */
  readonly production?: boolean;
  /** What the names in `@policy` stand for; one that is not among them is satisfied by nobody. */
  readonly policies?: Policies;
  /** How each subgraph is called; the documented defaults for what is left out. */
  readonly subgraphCalls?: (subgraph: string) => Partial<CallSettings>;
  /** How a subscription that lost its subgraph is opened again. */
  readonly reopen?: ReopenPolicy;
  /** Subscriptions that may be open at once, over whatever transport; 20,000, and 200 of one caller, if left out. */
  readonly subscriptions?: Caps;
  /** WebSockets that may be open at once; 20,000, and 50 of one caller, if left out. */
  readonly sockets?: Caps;
  /** WebSockets of one network that may be open before they say whose they are; 500 if left out. */
  readonly newSocketsPerNetwork?: number;
  /** Time in ms between signs of life on WebSockets and streams; 12 s if left out. */
  readonly heartbeatMs?: number;
}

export interface Gateway {
  /** Starts to serve and returns the GraphQL address; no subgraph needs to be up. @throws PortInUseError */
  listen(address: { readonly host: string; readonly port: number; readonly setting?: string }): Promise<string>;
  /**
   * Uses another supergraph from when it resolves on: first it plans there what has been asked for of late. What is running,
   * subscriptions among it, ends in the supergraph it began in.
   *
   * @throws Error (rejects) when it cannot be loaded, naming what is wrong with it; then nothing changes
   */
  reload(supergraphSdl: string): Promise<void>;
  /** Tells clients to connect again elsewhere, lets running requests finish and closes. May be called more than once. */
  stop(): Promise<void>;
}

const PATH = '/graphql';
const manySubscriptions: Caps = { total: 20_000, perPrincipal: 200 };
const manySockets: Caps = { total: 20_000, perPrincipal: 50 };

/**
 * The gateway: the graph over HTTP and, on the same path, over graphql-transport-ws, Server-Sent Events and
 * multipart; the Playground; health.
 *
 * @throws Error when the supergraph cannot be loaded, naming what is wrong with it
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { logger, metrics, tracing, corsOrigins = [], playgroundDirectory = builtPlayground } = options;
  const { production = process.env.NODE_ENV === 'production' } = options;
  const authenticate = rememberVerified(options.authenticate);
  const rateLimiter = options.rateLimits && createRateLimiter({ ...options.rateLimits, logger });
  const protection = createProtection({ ...options.protection, rateLimiter });
  const trustProxy = [...(options.trustedProxies ?? [])];
  const { batch: maxBatch, bodyBytes: bodyLimit } = protection.limits;
  const measure = metrics && createGatewayMetrics(metrics.registry);
  const responseCache =
    options.responseCache && createResponseCache({ ...options.responseCache, logger, onAnswer: measure?.cached });
  const logOperations = logger.isLevelEnabled('debug');
  const generations = createGenerations({ ...options, production, protection, responseCache, measure, logOperations });
  const begin = createBeginOperation(generations, createQuota(options.subscriptions ?? manySubscriptions), measure);
  const stores = {
    ...(options.authenticate.ready && { jwks: optional(options.authenticate.ready) }),
    ...(rateLimiter?.ready && { redis: optional(rateLimiter.ready) }),
  };
  const dependencies = () => ({ ...dependenciesOn(generations.current().subgraphs), ...stores });
  const app = createHttpServer({ logger, metrics, tracing, dependencies, bodyLimit, trustProxy });
  const heartbeat = options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs };
  let sockets: GraphqlWs | undefined;
  let stopped: Promise<void> | undefined;

  const chargeStranger: ChargeStranger = async (address, points = 1) =>
    rateLimiter?.charge({ principal: anonymous, address }, points);
  const chargeBadToken: ChargeStranger = (address) => {
    measure?.refused('UNAUTHENTICATED');
    return chargeStranger(address);
  };
  const scopeOf = async (request: FastifyRequest): Promise<RequestScope> => {
    const { authorization } = request.headers;
    const { id: requestId, ip: address } = request;
    const principal = await authenticateRequest(authenticate, chargeBadToken, { authorization, address });
    return createScope({ principal, authorization, requestId, address, logger, span: spanOf(request) });
  };
  const answer = createAnswers({ pipeline: () => generations.current().pipeline, scopeOf, maxBatch });
  const streams = createStreams({ begin, scopeOf, ...heartbeat });
  const open = async (): Promise<void> => {
    app.addHook('onRequest', protectAnswers(production));
    app.addHook('onRequest', refuseMalformedHost);
    if (corsOrigins.length > 0)
      await app.register(fastifyCors, { origin: [...corsOrigins], exposedHeaders: EXPOSED, maxAge: 86_400 });
    await servePlayground(app, playgroundDirectory);
    const addressOf = (subgraph: string) => generations.current().addresses.get(subgraph);
    serveExports(app, { addressOf, charge: chargeStranger, tls: options.tls });
    app.route({
      method: ['GET', 'POST'],
      url: PATH,
      async handler(request, reply) {
        if (await streams.serve(request, reply)) return reply;
        return answer(request, reply);
      },
    });
    await app.ready();
    sockets = serveWebSockets({
      ...{ server: app.server, path: PATH, authenticate, chargeBadToken, begin, logger },
      ...{
        quota: createQuota(options.sockets ?? manySockets),
        newcomers: createNewcomers(options.newSocketsPerNetwork ?? 500),
        maxPayload: bodyLimit,
        trustProxy,
        corsOrigins,
        ...heartbeat,
      },
    });
  };
  const close = async (): Promise<void> => {
    await Promise.all([sockets?.drain(), streams.drain(), app.close()]);
    await generations.close();
    await rateLimiter?.close();
    await responseCache?.close();
    await tracing?.close();
  };

  return {
    async listen(address) {
      try {
        await Promise.all([open(), generations.warmUp()]);
        return `${await listen(app, address)}${PATH}`;
      } catch (error) {
        await this.stop();
        throw error;
      }
    },
    reload: generations.replace,
    stop() {
      stopped ??= close();
      return stopped;
    },
  };
}

/** Headers of answers that web pages of other origins may read. */
const EXPOSED = ['x-request-id', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after'];

/** RFC 9112 asks for it. */
function refuseMalformedHost({ headers: { host = '' } }: FastifyRequest, _reply: FastifyReply, done: HookDone): void {
  if (PLAIN_HOST.test(host) || URL.canParse(`http://${host}`)) done();
  else done(Object.assign(new Error('The host is malformed'), { statusCode: 400 }));
}

/** Most of them: a name or an address, and a port. */
const PLAIN_HOST = /^[a-z0-9.-]+(?::[1-5]?\d{1,4})?$/i;
type HookDone = (error?: Error) => void;

/** The gateway answers what it can, whichever of them is away. */
function dependenciesOn(subgraphs: ReadonlyMap<string, Subgraph>): Dependencies {
  return Object.fromEntries([...subgraphs].map(([name, subgraph]) => [name, optional(() => subgraph.ready())]));
}

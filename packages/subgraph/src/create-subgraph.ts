import type { IncomingMessage } from 'node:http';
import {
  type Authenticate,
  type Principal,
  type Proven,
  principalName,
  rememberVerified,
  type VerifyProof,
} from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import {
  createHttpServer,
  type Dependencies,
  isOpenedBy,
  type Logger,
  listen,
  type Metrics,
  optional,
  RequestLogger,
  spanOf,
  type Tls,
} from '@paygraph/service';
import { type Tracing, within } from '@paygraph/tracing';
import { attachGraphqlWs, type GraphqlWs } from '@paygraph/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { RequestScope } from './context.ts';
import { authenticationFailure, unprovenCaller } from './errors.ts';
import { createAnswers, createKnownOperations } from './known-operations.ts';
import { logError, presentError, withRequestId } from './present-error.ts';
import { buildGuardedSchema, type SchemaOptions } from './schema.ts';
import { createApollo, maxTokens } from './server.ts';
import { traceRootFields } from './trace.ts';

export interface SubgraphOptions<Context extends RequestScope> extends SchemaOptions {
  readonly name: string;
  /** Makes the context of one operation. It carries the scope on: `(scope) => ({ ...scope, loaders: … })`. */
  readonly context: (scope: RequestScope) => Context | Promise<Context>;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  readonly tracing?: Tracing | undefined;
  /** Has people, and nobody, served only when the gateway proves that it asks in their name; services prove themselves. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS alone, and to each service only over connections with that service's certificate. */
  readonly tls?: Tls | undefined;
  /** What it works with, shown by `/health/ready` beside the keys of access tokens. */
  readonly dependencies?: Dependencies;
  /** Adds HTTP routes beside `/graphql`. */
  readonly routes?: (app: FastifyInstance) => void;
  /** Begins what runs beside requests (workers), before the first one. */
  readonly start?: () => Promise<void>;
  /** Ends it, and closes what was opened, after the last one. */
  readonly stop?: () => Promise<void>;
}

export interface Subgraph {
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Starts to serve and returns the GraphQL address. @throws PortInUseError */
  listen(address: { readonly host: string; readonly port: number; readonly setting?: string }): Promise<string>;
  /** Lets running requests finish, closes sockets, then stops what runs beside. May be called more than once. */
  stop(): Promise<void>;
}

const path = '/graphql';
/** Largest request in bytes: a service may send a thousand commands at once. */
const bodyLimit = 4 * 1024 * 1024;

/**
 * A subgraph: its schema behind the guards its directives ask for, served at `/graphql` over HTTP and, when it has
 * subscriptions, as graphql-transport-ws.
 *
 * @throws SchemaLintError when something would be open by oversight.
 */
export function createSubgraph<Context extends RequestScope>(given: SubgraphOptions<Context>): Subgraph {
  const options = { ...given, authenticate: rememberVerified(given.authenticate) };
  const { name, logger, metrics, tracing, tls, production = process.env.NODE_ENV === 'production' } = options;
  const schema = buildGuardedSchema({ ...options, production });
  if (tracing) traceRootFields(schema);
  const known = createKnownOperations();
  const apollo = createApollo<Context>({ schema, production, plugins: [known.plugin] });
  const { ready: keysReady } = given.authenticate;
  const dependencies = { ...options.dependencies, ...(keysReady && { jwks: optional(keysReady) }) };
  const app = createHttpServer({ logger, metrics, tracing, tls, dependencies: () => dependencies, bodyLimit });
  let sockets: GraphqlWs | undefined;
  let started = false;
  let stopped: Promise<void> | undefined;

  const stopAll = async () => {
    await Promise.all([sockets?.drain(), app.close()]);
    if (started) await apollo.stop();
    await options.stop?.();
    await tracing?.close();
  };
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  const serve: Subgraph['listen'] = async (address) => {
    await apollo.start();
    started = true;
    const context = (request: FastifyRequest) => contextOf(options, request);
    // Not before the body has been read: what its parsing calls knows nothing of who began it.
    if (tracing) app.addHook('preHandler', (request, _reply, done) => within(spanOf(request), done));
    if (options.verifyProof) keepBodies(app);
    app.route({ method: 'POST', url: path, handler: createAnswers({ apollo, schema, known, context }) });
    options.routes?.(app);
    await app.ready();
    if (schema.getSubscriptionType()) sockets = serveSockets(options, schema, app);
    await options.start?.();
    return `${await listen(app, address)}${path}`;
  };

  return {
    name,
    schema,
    stop,
    async listen(address) {
      try {
        return await serve(address);
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

async function contextOf<Context extends RequestScope>(
  options: SubgraphOptions<Context>,
  request: FastifyRequest,
): Promise<Context> {
  const requestId = request.id;
  const logger = (principal?: Principal) =>
    new RequestLogger(options.logger, () => ({
      ...{ requestId, operation: operationNameIn(request.body) },
      ...(principal && { principal: principalName(principal) }),
    }));
  try {
    const { authorization, 'x-paygraph-proof': proof } = request.headers;
    const principal = await options.authenticate(authorization);
    const proven = { requestId, authorization, body: bodies.get(request.raw) ?? '' };
    if (!isCertified(options, principal, request.raw) || !isProven(options, principal, proof, proven))
      throw unprovenCaller();
    return await options.context({ principal, requestId, logger: logger(principal) });
  } catch (error) {
    const refusal = error instanceof GraphQLError ? error : authenticationFailure(error);
    if (!refusal) logger().error({ err: error }, 'a context could not be made');
    throw refusal ?? error;
  }
}

/** For the log: names are identifiers, so that nothing of the variables can be in one. */
function operationNameIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const given = 'operationName' in body ? body.operationName : undefined;
  const text = 'query' in body && typeof body.query === 'string' ? body.query : '';
  const name = typeof given === 'string' ? given : /^\s*(?:query|mutation)\s+(\w+)/.exec(text)?.[1];
  return name !== undefined && /^\w{1,100}$/.test(name) ? name : undefined;
}

/** Bodies as they came, until their request is gone. */
const bodies = new WeakMap<IncomingMessage, string>();

/** Remembers the text of each body, of which the gateway's proof is. */
function keepBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    bodies.set(request.raw, String(body));
    return parse(request, String(body), done);
  });
}

/** Over TLS a caller has the certificate of the service whose token it has, or else of the gateway. */
function isCertified(
  { tls }: Pick<SubgraphOptions<RequestScope>, 'tls'>,
  principal: Principal,
  { socket }: IncomingMessage,
): boolean {
  return !tls || isOpenedBy(principal.kind === 'service' ? principal.service : 'gateway', socket);
}

function isProven(
  { verifyProof }: Pick<SubgraphOptions<RequestScope>, 'verifyProof'>,
  principal: Principal,
  proof: unknown,
  proven: Proven,
): boolean {
  if (!verifyProof || principal.kind === 'service') return true;
  return verifyProof(typeof proof === 'string' ? proof : undefined, proven);
}

function serveSockets<Context extends RequestScope>(
  options: SubgraphOptions<Context>,
  schema: GraphQLSchema,
  app: FastifyInstance,
): GraphqlWs {
  const { logger, authenticate, tracing } = options;
  const format = (error: GraphQLError, scope: RequestScope | undefined) => {
    logError(error, scope?.logger ?? logger);
    return withRequestId(presentError(error), scope?.requestId ?? newId('req'));
  };
  return attachGraphqlWs<Context>({
    server: app.server,
    path,
    authenticate,
    accepts: (principal, { proof, requestId, authorization }, request) =>
      isCertified(options, principal, request) &&
      isProven(options, principal, proof, {
        requestId: String(requestId),
        authorization: typeof authorization === 'string' ? authorization : undefined,
        body: '',
      }),
    schema,
    maxTokens,
    context: ({ principal }) => {
      const requestId = newId('req');
      const own = new RequestLogger(logger, () => ({ requestId, principal: principalName(principal) }));
      const event = tracing && { event: { traceparent: null } };
      return options.context({ principal, requestId, logger: own, ...event });
    },
    extensionsOf: ({ event }) => (event?.traceparent == null ? undefined : { traceparent: event.traceparent }),
    formatError: format,
    logger,
  });
}

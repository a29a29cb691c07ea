import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { type Principal, TokenError } from '@paygraph/auth';
import type { ExecutionArgs, GraphQLError, GraphQLFormattedError } from 'graphql';
import { makeServer, type ServerOptions, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { createDrain, type Drain } from './drain.ts';
import { coded, type Operation, prepareOnSchema, resultOf, type SchemaOptions } from './operation.ts';
import { type Extra, serveSocket, type WebSocketLogger } from './transport.ts';

/** What is known of one connection, from its handshake until it closes. */
export interface Connection {
  readonly principal: Principal;
  /** The `authorization` of `connectionParams` as it was given, to be forwarded to other services. */
  readonly authorization: string | undefined;
  /** What opened it. */
  readonly request: IncomingMessage;
}

interface ServerSettings {
  readonly server: HttpServer;
  readonly path?: string;
  /** Reads `connectionParams.authorization` as it would the header of that name, given what opened the connection. */
  readonly authenticate: (authorization: string | undefined, request: IncomingMessage) => Promise<Principal>;
  /** Whether a connection is served, once it is known whose it is; one that is not closes with 4403. */
  readonly accepts?: (
    principal: Principal,
    connectionParams: Readonly<Record<string, unknown>>,
    request: IncomingMessage,
  ) => boolean;
  /** What happens to a connection without a token; one with a bad token is always refused. */
  readonly anonymous?: 'refuse' | 'allow';
  /** Largest message in bytes that a client may send; a larger one closes the socket with 1009. */
  readonly maxPayload?: number;
  /** Sockets that may be open at once; one more is closed with 1013. */
  readonly maxConnections?: number;
  /** Whether a socket may be opened at all, before there is one: otherwise it is refused with 403. */
  readonly allows?: (request: IncomingMessage) => boolean;
  /** Counts a socket that has not said yet whose it is, and returns what ends that; undefined refuses it with 429. */
  readonly welcome?: (request: IncomingMessage) => (() => void) | undefined;
  /** Counts one more connection of a principal and returns what gives it back; undefined closes it with 4429. */
  readonly admit?: (principal: Principal) => (() => void) | undefined;
  /** Operations that may run on one connection at once; one more is refused as RATE_LIMITED. */
  readonly maxOperations?: number;
  /** Time in ms between pings; a client that has not answered the last one is cut off. */
  readonly keepAlive?: number;
  readonly logger: WebSocketLogger;
}

export interface OperationsWsOptions extends ServerSettings {
  /** Makes an operation ready to run, or says what is wrong with it. What it throws closes the socket. */
  readonly prepare: (connection: Connection, payload: SubscribePayload) => Promise<Operation | readonly GraphQLError[]>;
  /** How the errors of an operation that was refused leave the server. */
  readonly formatError: (error: GraphQLError) => GraphQLFormattedError;
}

export interface GraphqlWsOptions<Context extends object> extends ServerSettings, SchemaOptions<Context> {
  /** Makes the context of one operation. */
  readonly context: (connection: Connection, payload: SubscribePayload) => Context | Promise<Context>;
  /** How errors leave the server; the context is absent for an operation that was refused before it had one. */
  readonly formatError: (error: GraphQLError, context: Context | undefined) => GraphQLFormattedError;
}

export interface GraphqlWs {
  /**
   * Refuses new sockets and operations, and closes the open ones with 1001, which client libraries answer by connecting again:
   * at once, or when the queries and mutations under way there are answered, which has a bound.
   */
  drain(): Promise<void>;
}

/** Close codes of RFC 6455 and of the protocol graphql-transport-ws. */
const tryAgainLater = 1013;
const forbidden = 4403;
const tooManyRequests = 4429;
/** Time in ms that a client has to answer the closing handshake; then its socket is cut off. */
const closeTimeout = 3_000;
/** setTimeout's longest delay in ms; a longer one would fire at once. */
const maxDelay = 2 ** 31 - 1;

/**
 * GraphQL over WebSocket (the protocol graphql-transport-ws) on an HTTP server: operations on a schema.
 *
 * A connection is authenticated once, from `connectionParams.authorization`. Without a token (unless anonymous
 * connections are allowed), with a bad one, and as soon as a good one expires, the socket closes with 4403 `Forbidden`.
 * A stream that fails ends with a last result that has the error, then completes.
 */
export function attachGraphqlWs<Context extends object>(options: GraphqlWsOptions<Context>): GraphqlWs {
  const { context, formatError } = options;
  return attachOperationsWs({
    ...options,
    prepare: (connection, payload) =>
      prepareOnSchema(options, payload, () => context(connection, payload), formatError),
    formatError: (error) => formatError(error, undefined),
  });
}

/** The same for a server that prepares and runs operations in its own way. */
export function attachOperationsWs(options: OperationsWsOptions): GraphqlWs {
  const { server, path = '/graphql', maxPayload = 128 * 1024, keepAlive = 12_000, logger } = options;
  const { maxConnections = Number.POSITIVE_INFINITY, allows = () => true, welcome = () => () => {} } = options;
  const drain = createDrain();
  const newcomers = new WeakMap<IncomingMessage, () => void>();
  const introduced = (request: IncomingMessage) => newcomers.get(request)?.();
  const protocol = makeServer(protocolHooks(options, drain, introduced));
  const sockets = new WebSocketServer({
    ...{ server, path, maxPayload, handleProtocols: chosenProtocol, closeTimeout },
    verifyClient({ req }, callback) {
      if (!allows(req)) return callback(false, 403, 'Forbidden');
      const leave = welcome(req);
      if (!leave) return callback(false, 429, 'Too Many Requests');
      newcomers.set(req, leave);
      req.socket.once('close', leave);
      callback(true);
    },
  });
  sockets.on('connection', (socket, request) => {
    if (sockets.clients.size > maxConnections) socket.close(tryAgainLater, 'Try again later');
    else serveSocket(protocol, { socket, request, handled: () => drain.handled(socket) }, { keepAlive, logger });
  });
  sockets.on('error', (error) => {
    // These are the HTTP server's. One that could not listen is told to whoever asked it to.
    if (server.listening) logger.error({ err: error }, 'the websocket server failed');
  });
  return { drain: () => drain.begin(sockets) };
}

type Hooks = ServerOptions<Record<string, unknown>, Extra>;

function protocolHooks(
  options: OperationsWsOptions,
  drain: Drain,
  introduced: (request: IncomingMessage) => void,
): Hooks {
  const { prepare, formatError, maxOperations = 100 } = options;
  const connections = new WeakMap<Extra, Connection>();
  const operations = new WeakMap<ExecutionArgs, Operation>();
  const run = (args: ExecutionArgs) => {
    const operation = operations.get(args);
    if (!operation) throw new Error('An operation was run that had not been prepared');
    return resultOf(operation);
  };
  return {
    onConnect: async (context) => {
      const { connectionParams, extra } = context;
      const authorization = stringOrUndefined(connectionParams?.authorization);
      const principal = await authenticated(options, authorization, extra);
      if (!principal || options.accepts?.(principal, connectionParams ?? {}, extra.request) === false) return false;
      if (!isAdmitted(options, principal, extra)) return false;
      introduced(extra.request);
      connections.set(extra, { principal, authorization, request: extra.request });
      closeOnExpiry(extra, principal);
      drain.watch(extra.socket, () => Object.values(context.subscriptions));
      return true;
    },
    onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
      const connection = connections.get(extra);
      if (!connection) throw new Error('An operation came before its connection was authenticated');
      if (drain.hasBegun()) return [coded('The server is going down: connect again', 'SERVICE_UNAVAILABLE')];
      if (Object.keys(subscriptions).length > maxOperations)
        return [coded(`At most ${maxOperations} operations may run at once`, 'RATE_LIMITED')];
      const prepared = await prepare(connection, payload);
      if (!('run' in prepared)) return prepared;
      operations.set(prepared.args, prepared);
      return prepared.args;
    },
    execute: run,
    subscribe: run,
    onError: (_ctx, _id, _payload, errors) => errors.map(formatError),
    onNext: (_ctx, _id, _payload, args, { errors, data = null, extensions }) => {
      const operation = operations.get(args);
      const more = operation?.extensions?.() ?? extensions;
      if (!errors) return more && { data, extensions: more };
      const format = operation?.formatError ?? formatError;
      return { data, errors: errors.map(format), ...(more && { extensions: more }) };
    },
  };
}

async function authenticated(
  { authenticate, anonymous = 'refuse', logger }: Pick<ServerSettings, 'authenticate' | 'anonymous' | 'logger'>,
  authorization: string | undefined,
  { socket, request }: Extra,
): Promise<Principal | undefined> {
  try {
    const principal = await authenticate(authorization, request);
    return principal.kind === 'anonymous' && anonymous === 'refuse' ? undefined : principal;
  } catch (error) {
    if (error instanceof TokenError) {
      logger.debug({ reason: error.reason }, 'a websocket was refused');
      return undefined;
    }
    logger.error({ err: error }, 'a websocket could not be authenticated');
    socket.close(tryAgainLater, 'Try again later');
    return undefined;
  }
}

function isAdmitted({ admit }: ServerSettings, principal: Principal, { socket }: Extra): boolean {
  if (!admit || socket.readyState !== socket.OPEN) return !admit;
  const release = admit(principal);
  if (release) socket.once('close', release);
  else socket.close(tooManyRequests, 'Too many connections');
  return release !== undefined;
}

function closeOnExpiry({ socket }: Extra, principal: Principal): void {
  if (principal.kind === 'anonymous') return;
  const delay = Math.min(Math.max(principal.expiresAt.getTime() - Date.now(), 0), maxDelay);
  const timer = setTimeout(() => socket.close(forbidden, 'Forbidden'), delay);
  socket.once('close', () => clearTimeout(timer));
}

function chosenProtocol(offered: Set<string>): string | false {
  return offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false;
}

function stringOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

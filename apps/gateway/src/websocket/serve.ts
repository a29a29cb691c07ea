import type { Server } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import { type Authenticate, type Principal, TokenError } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import type { Logger } from '@paygraph/service';
import { attachOperationsWs, type GraphqlWs } from '@paygraph/websocket';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Answer, resultOf } from '../execution/answer.ts';
import type { ChargeStranger } from '../http/authenticate.ts';
import type { BeginOperation } from '../operations.ts';
import { bindingsOf, type RequestScope } from '../scope.ts';
import type { Quota } from '../subscriptions/quota.ts';
import type { Newcomers } from './newcomers.ts';

export interface ServeWebSocketsOptions {
  readonly server: Server;
  readonly path: string;
  readonly authenticate: Authenticate;
  readonly chargeBadToken: ChargeStranger;
  readonly begin: BeginOperation;
  /** Counts the sockets. */
  readonly quota: Quota;
  /** Counts those of them that have not said yet whose they are. */
  readonly newcomers: Newcomers;
  /** Largest message in bytes. */
  readonly maxPayload: number;
  /** Proxies whose word is taken for where a socket comes from. */
  readonly trustProxy: readonly string[];
  /** Origins of web pages that may open sockets, beside the gateway's own. */
  readonly corsOrigins: readonly string[];
  /** Time in ms between pings. */
  readonly heartbeatMs?: number;
  readonly logger: Logger;
}

/** Operations of every kind over graphql-transport-ws, for signed-in callers only, through the same pipeline as HTTP. */
export function serveWebSockets(options: ServeWebSocketsOptions): GraphqlWs {
  const { server, path, begin, quota, newcomers, maxPayload, heartbeatMs, logger } = options;
  const isTrusted = proxyAddress.compile([...options.trustProxy]);
  return attachOperationsWs({
    server,
    path,
    async authenticate(authorization, request) {
      try {
        return await options.authenticate(authorization);
      } catch (error) {
        if (error instanceof TokenError) await options.chargeBadToken(proxyAddress(request, isTrusted));
        throw error;
      }
    },
    maxPayload,
    allows: ({ headers: { origin, host } }) => isAllowed(origin, host, options.corsOrigins),
    logger,
    formatError,
    maxConnections: quota.caps.total,
    welcome: (request) => newcomers.admit(proxyAddress(request, isTrusted)),
    admit: (principal) => {
      const admitted = quota.admit(principal);
      return typeof admitted === 'string' ? undefined : admitted;
    },
    ...(heartbeatMs !== undefined && { keepAlive: heartbeatMs }),
    prepare: async ({ principal, authorization, request }, { query: source, operationName, variables, extensions }) => {
      const scope = new SocketScope(principal, authorization, proxyAddress(request, isTrusted), logger);
      const begun = await begin({ source, operationName, variables, extensions }, scope, 'websocket');
      if (begun.kind === 'rejected') return begun.errors;
      const args = { schema: begun.schema, document: begun.document };
      return {
        args,
        formatError,
        async run() {
          return begun.kind === 'subscription' ? new Results(begun.answers) : resultOf(await begun.run());
        },
      };
    },
  });
}

/** Browsers say which page opens a socket, and ask nobody before they do. What is no browser has no origin. */
function isAllowed(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** A class, because there are tens of thousands of them: few ever log anything. */
class SocketScope implements RequestScope {
  readonly requestId = newId('req');
  readonly principal: Principal;
  readonly authorization: string | undefined;
  readonly address: string;
  private readonly parent: Logger;

  constructor(principal: Principal, authorization: string | undefined, address: string, parent: Logger) {
    this.principal = principal;
    this.authorization = authorization;
    this.address = address;
    this.parent = parent;
  }

  get logger(): Logger {
    return this.parent.child(bindingsOf(this));
  }
}

const results = new WeakMap<Answer, ExecutionResult>();

/** The same result for all who are given the same answer: it is only read. */
function sharedResultOf(answer: Answer): ExecutionResult {
  const known = results.get(answer);
  if (known) return known;
  const result = resultOf(answer);
  results.set(answer, result);
  return result;
}

/** Written by hand: `return()` of an async generator waits for the pending `next()`, which may be for ever. */
class Results implements AsyncIterableIterator<ExecutionResult> {
  private readonly answers: AsyncIterator<Answer, void, void>;

  constructor(answers: AsyncIterator<Answer, void, void>) {
    this.answers = answers;
  }

  async next(): Promise<IteratorResult<ExecutionResult, void>> {
    const { done, value } = await this.answers.next();
    return done ? { done, value: undefined } : { done: false, value: sharedResultOf(value) };
  }

  async return(): Promise<IteratorResult<ExecutionResult, void>> {
    await this.answers.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The pipeline has made every error fit for clients. */
function formatError(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  return error instanceof GraphQLError ? error.toJSON() : error;
}

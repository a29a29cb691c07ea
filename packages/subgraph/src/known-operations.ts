import type { ApolloServer, ApolloServerPlugin } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { createLru } from '@paygraph/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { RequestScope } from './context.ts';
import { logError, presentError, withRequestId } from './present-error.ts';

/** Operations by their text that Apollo Server has parsed and found valid. */
export interface KnownOperations {
  readonly documentOf: (source: string) => DocumentNode | undefined;
  /** Has Apollo Server note them. */
  readonly plugin: ApolloServerPlugin<RequestScope>;
}

/** Characters of the operations that are remembered, in all and of one. */
const remembered = { limit: 4_000_000, largest: 40_000 };

export function createKnownOperations(): KnownOperations {
  const documents = createLru<DocumentNode>(remembered);
  return {
    documentOf: documents.get,
    plugin: {
      requestDidStart: async () => ({
        async didResolveOperation({ source, document, operation }) {
          if (operation && operation.operation !== 'subscription') documents.set(source, document);
        },
      }),
    },
  };
}

export interface AnswersOptions<Context extends RequestScope> {
  readonly apollo: ApolloServer<Context>;
  readonly schema: GraphQLSchema;
  readonly known: KnownOperations;
  readonly context: (request: FastifyRequest) => Promise<Context>;
}

/**
 * Answers GraphQL over HTTP. An operation that was answered before is executed at once: services ask the same few again and
 * again, and Apollo Server's way to the execution takes longer than most of them. Everything else is Apollo Server's, as is
 * every request that fails before anything is executed.
 */
export function createAnswers<Context extends RequestScope>(options: AnswersOptions<Context>) {
  const { apollo, schema, known } = options;
  const contexts = new WeakMap<FastifyRequest, Promise<Context>>();
  const contextOf = (request: FastifyRequest) => {
    const context = contexts.get(request) ?? options.context(request);
    contexts.set(request, context);
    return context;
  };
  const byApollo = fastifyApolloHandler(apollo, { context: contextOf });

  return async function answer(this: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const asked = askedBy(request);
    const document = asked && known.documentOf(asked.query);
    const contextValue = document && (await contextOf(request).catch(() => undefined));
    if (!contextValue) return Reflect.apply(byApollo, this, [request, reply]);
    const { variables: variableValues, operationName } = asked;
    const result = await execute({ schema, document, variableValues, operationName, contextValue });
    if (result.data === undefined) return Reflect.apply(byApollo, this, [request, reply]); // nothing was executed
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(shown(result, contextValue)));
  };
}

/** What a client may see of a result; the rest goes to the log. */
function shown({ data, errors }: ExecutionResult, { logger, requestId }: RequestScope): object {
  if (!errors) return { data };
  for (const error of errors) logError(error, logger);
  return { errors: errors.map((error) => withRequestId(presentError(error), requestId)), data };
}

interface Asked {
  readonly query: string;
  readonly variables: Record<string, unknown> | undefined;
  readonly operationName: string | undefined;
}

/** What is asked for in plain JSON, and to be answered in it. Undefined if there is anything else to it. */
function askedBy({ headers, body }: FastifyRequest): Asked | undefined {
  const { accept = '*/*' } = headers;
  if (headers['content-type'] !== 'application/json' || !plainAccepts.has(accept) || !isRecord(body)) return undefined;
  const { query, variables, operationName, ...rest } = body;
  if (typeof query !== 'string' || Object.keys(rest).length > 0) return undefined;
  if (variables != null && !isRecord(variables)) return undefined;
  if (operationName != null && typeof operationName !== 'string') return undefined;
  return { query, variables: variables ?? undefined, operationName: operationName ?? undefined };
}

const plainAccepts = new Set(['*/*', 'application/json']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { codedError, presentError } from '../errors.ts';
import { answerOf } from '../execution/answer.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import type { RequestScope } from '../scope.ts';
import { isRecord } from '../subgraphs/exchange.ts';
import { createNegotiation, type MediaType, type Negotiated } from './accept.ts';
import { acceptsParts, openParts } from './multipart.ts';
import { createPersistedQueries, type SourceOf } from './persisted.ts';

export interface AnswersOptions {
  /** That of the supergraph of the moment. */
  readonly pipeline: () => Pipeline;
  /** @throws GraphQLError with the status to answer in `extensions.http` */
  readonly scopeOf: (request: FastifyRequest) => Promise<RequestScope>;
}

/** Answers a request for one answer. */
export type AnswerRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/**
 * GraphQL over HTTP: queries and mutations by POST, queries by GET, one answer each. It reads the request, negotiates
 * the content type and keeps off what a web page could send without asking; the operation is the pipeline's.
 *
 * Source: https://graphql.github.io/graphql-over-http/draft/
 */
export function createAnswers({ pipeline, scopeOf }: AnswersOptions): AnswerRequest {
  const sourceOf = createPersistedQueries();
  const negotiate = createNegotiation();
  return async (request, reply) => {
    const inParts = acceptsParts(request.headers.accept);
    const accepted = negotiate(request.headers.accept) ?? (inParts ? negotiate(undefined) : undefined);
    if (!accepted) return refuse(reply, 'application/json', notAcceptable());
    const { type } = accepted;
    const given = requestFrom(request, sourceOf);
    if (given instanceof GraphQLError) return refuse(reply, type, given);
    const scope = await scopeFor(request, scopeOf);
    if (scope instanceof GraphQLError) return refuse(reply, type, scope);
    try {
      const current = pipeline();
      const prepared = current.prepare({ ...given, deferring: inParts }, scope.principal);
      if (prepared.kind === 'rejected')
        return send(reply, statusOfRejection(accepted), type, answerOf({ errors: prepared.errors }).json);
      if (prepared.kind === 'subscription') return refuse(reply, type, subscriptionForOneAnswer());
      if (prepared.type === 'mutation' && request.method === 'GET') return refuse(reply, type, mutationByGet());
      if (prepared.executable.deferred.length > 0) {
        await current.executeInParts(prepared, scope, openParts(reply));
        return reply;
      }
      return send(reply, 200, type, (await current.execute(prepared, scope)).json);
    } catch (error) {
      return send(reply, 500, type, answerOf({ errors: [presentError(error, scope)] }).json);
    }
  };
}

/** The request that is in the body of a POST or the query string of a GET; or what is wrong with it. */
function requestFrom(request: FastifyRequest, sourceOf: SourceOf): OperationRequest | GraphQLError {
  const given = request.method === 'GET' ? fromQuery(request) : fromBody(request);
  if (given instanceof GraphQLError) return given;
  const { query, operationName, variables, extensions } = given;
  if (query !== undefined && query !== null && typeof query !== 'string') return malformed('`query` must be a string.');
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return malformed('`operationName` must be a string.');
  if (variables !== undefined && variables !== null && !isRecord(variables))
    return malformed('`variables` must be an object.');
  if (extensions !== undefined && extensions !== null && !isRecord(extensions))
    return malformed('`extensions` must be an object.');
  const source = sourceOf(query || undefined, extensions);
  if (source instanceof GraphQLError) return source;
  if (source === undefined) return malformed('`query` must be the text of an operation.');
  return { source, operationName, variables };
}

function fromBody({ headers, body }: FastifyRequest): Record<string, unknown> | GraphQLError {
  if (!isJson(headers['content-type']))
    return failure(415, 'BAD_REQUEST', 'The body must be application/json in UTF-8.');
  if (Array.isArray(body)) return malformed('Requests go one by one, not in lists.');
  return isRecord(body) ? body : malformed('The body must be a JSON object.');
}

function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || /^application\/json *(;|$)/i.test(contentType ?? '');
}

/** A web page may have a browser get anything without asking first: these headers it may not have it send. */
const CONSENT = ['x-apollo-operation-name', 'apollo-require-preflight'];

function fromQuery({ headers, query }: FastifyRequest): Record<string, unknown> | GraphQLError {
  const isAsked = isJson(headers['content-type']) || CONSENT.some((name) => headers[name]);
  if (!isAsked)
    return malformed('A GET needs the header `apollo-require-preflight`, so that no web page can send it unasked.');
  if (!isRecord(query)) return malformed('The query string is missing.');
  try {
    const { variables, extensions } = query;
    return { ...query, variables: parameter(variables), extensions: parameter(extensions) };
  } catch {
    return malformed('`variables` and `extensions` must be JSON.');
  }
}

function parameter(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : text;
}

async function scopeFor(
  request: FastifyRequest,
  scopeOf: AnswersOptions['scopeOf'],
): Promise<RequestScope | GraphQLError> {
  try {
    return await scopeOf(request);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

/** Who takes plain JSON has always been answered with 200: a proxy may have answered with any other status. */
function statusOfRejection({ isLegacy }: Negotiated): number {
  return isLegacy ? 200 : 400;
}

function malformed(message: string): GraphQLError {
  return failure(400, 'BAD_REQUEST', message);
}

function failure(status: number, code: string, message: string, headers: Record<string, string> = {}): GraphQLError {
  return codedError(code, message, { http: { status, headers: new Map(Object.entries(headers)) } });
}

function notAcceptable(): GraphQLError {
  return failure(406, 'BAD_REQUEST', 'Answers are application/graphql-response+json or application/json in UTF-8.');
}

function mutationByGet(): GraphQLError {
  return failure(405, 'BAD_REQUEST', 'Mutations go by POST.', { allow: 'POST' });
}

function subscriptionForOneAnswer(): GraphQLError {
  return malformed(
    'Subscriptions go to this URL over WebSocket (graphql-transport-ws), as Server-Sent Events (accept: text/event-stream) or as multipart (accept: multipart/mixed; subscriptionSpec=1.0).',
  );
}

/** An answer before anything has run. */
function refuse(reply: FastifyReply, type: MediaType, { message, extensions }: GraphQLError): FastifyReply {
  const { http, ...shown } = extensions as { http?: { status: number; headers?: ReadonlyMap<string, string> } };
  for (const [name, value] of http?.headers ?? []) reply.header(name, value);
  return send(reply, http?.status ?? 400, type, answerOf({ errors: [{ message, extensions: shown }] }).json);
}

const contentTypes: Record<MediaType, string> = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
};

/** From this many characters on an answer is made into bytes once, and not once more for its length. */
const LARGE = 16_384;

function send(reply: FastifyReply, status: number, type: MediaType, json: string): FastifyReply {
  const payload = json.length < LARGE ? json : Buffer.from(json);
  return reply
    .code(status)
    .header('content-type', contentTypes[type])
    .header('cache-control', 'no-store')
    .send(payload);
}

import type { FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { codedError } from '../errors.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import { streamFormatOf } from '../streams/format.ts';
import { isRecord } from '../subgraphs/exchange.ts';

/** What is wrong with a request before there is an operation; `extensions.http` has the status to answer with. */
export type Malformed = GraphQLError;

/**
 * Reads a GraphQL request from the body of a POST or the query string of a GET, or several from a list in a body, and keeps
 * off what a web page of another origin could have a browser send without asking: a POST has to be JSON, a GET needs one of the
 * headers that make browsers ask first.
 */
export function requestFrom(request: FastifyRequest): OperationRequest | readonly unknown[] | Malformed {
  const given = request.method === 'GET' ? fromQuery(request) : fromBody(request);
  return given instanceof GraphQLError || Array.isArray(given) ? given : operationFrom(given);
}

/** Reads one operation. */
export function operationFrom(given: unknown): OperationRequest | Malformed {
  if (!isRecord(given)) return malformed('A request must be a JSON object.');
  const { query, operationName, variables, extensions } = given;
  if (query !== undefined && query !== null && typeof query !== 'string') return malformed('`query` must be a string.');
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return malformed('`operationName` must be a string.');
  if (variables !== undefined && variables !== null && !isRecord(variables))
    return malformed('`variables` must be an object.');
  if (extensions !== undefined && extensions !== null && !isRecord(extensions))
    return malformed('`extensions` must be an object.');
  return { source: query ?? undefined, operationName, variables, extensions };
}

function fromBody({ headers, body }: FastifyRequest): unknown {
  if (!isJson(headers['content-type']))
    return failure(415, 'BAD_REQUEST', 'The body must be application/json in UTF-8.');
  return body;
}

function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || /^application\/json *(;|$)/i.test(contentType ?? '');
}

/** A web page may have a browser get anything without asking first: these headers it may not have it send. */
const CONSENT = ['x-apollo-operation-name', 'apollo-require-preflight'];

/**
 * EventSource and clients of its kind send no header of their own. Browsers say of each request, and no page can have them
 * say otherwise, whether it comes from this very origin.
 */
function isOwnStream({ accept, 'sec-fetch-site': site = 'none' }: FastifyRequest['headers']): boolean {
  return streamFormatOf(accept) !== undefined && (site === 'none' || site === 'same-origin');
}

function fromQuery({ headers, query }: FastifyRequest): unknown {
  const isAsked = isJson(headers['content-type']) || CONSENT.some((name) => headers[name]) || isOwnStream(headers);
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

export function malformed(message: string): Malformed {
  return failure(400, 'BAD_REQUEST', message);
}

export function failure(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Malformed {
  return codedError(code, message, { http: { status, headers: new Map(Object.entries(headers)) } });
}

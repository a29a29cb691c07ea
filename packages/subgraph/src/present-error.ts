import { isDatabaseAway } from '@paygraph/database/errors';
import type { Logger } from '@paygraph/service';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { PeerError } from './peer.ts';

/** Codes that were given on purpose: such an error is the client's to read. All others are masked. */
const publicCodes = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNPROVEN_CALLER',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'RESUME',
  'RATE_LIMITED',
  'OVERLOADED',
  'SERVICE_UNAVAILABLE',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'INTROSPECTION_DISABLED',
]);

const maskedCode = 'INTERNAL_SERVER_ERROR';

/**
 * An error as clients see it. One with a code of the platform passes; a peer or a database that cannot be reached is
 * SERVICE_UNAVAILABLE; anything else becomes INTERNAL_SERVER_ERROR and tells nothing.
 */
export function presentError(error: GraphQLError): GraphQLFormattedError {
  const { message, locations, path, extensions } = error.toJSON();
  const where = { ...(locations && { locations }), ...(path && { path }) };
  if (isPublic(error)) {
    const { http: _http, stacktrace: _stacktrace, ...shown } = extensions ?? {};
    return { message, ...where, extensions: shown };
  }
  if (isOutage(error.originalError)) {
    return { message: 'A service does not answer: try again', ...where, extensions: { code: 'SERVICE_UNAVAILABLE' } };
  }
  return { message: 'Something went wrong', ...where, extensions: { code: maskedCode } };
}

function isOutage(cause: unknown): boolean {
  return (cause instanceof PeerError && cause.retryable) || isDatabaseAway(cause);
}

/** Writes what clients do not see to the log, with its cause. */
export function logError(error: GraphQLError, logger: Pick<Logger, 'error'>): void {
  if (isPublic(error)) return;
  logger.error({ err: error.originalError ?? error, path: error.path?.join('.') }, 'a field failed');
}

/** Adds the id under which the cause of a masked error stands in the log. */
export function withRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  if (error.extensions?.code !== maskedCode) return error;
  return { ...error, extensions: { ...error.extensions, requestId } };
}

function isPublic(error: GraphQLError): boolean {
  const { code } = error.extensions;
  return typeof code === 'string' && publicCodes.has(code);
}

import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { RequestScope } from './scope.ts';

/** What a subgraph may tell a client: such an error passes with its message. All others are masked. */
const codesOfSubgraphs = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'RATE_LIMITED',
  'SERVICE_UNAVAILABLE',
  'RESUME',
]);

/** What the gateway itself tells, beside those. */
const codesOfGateway = new Set([
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_NOT_SUPPORTED',
  'OPERATION_RESOLUTION_FAILURE',
  'OPERATION_TOO_COMPLEX',
  'PERSISTED_QUERY_NOT_FOUND',
  'SUBGRAPH_OVERLOADED',
  'SUBGRAPH_UNAVAILABLE',
  'SUBSCRIPTION_INTERRUPTED',
  'UNAUTHORIZED_FIELD_OR_TYPE',
]);

/** Those of them that tell of faults of ours. */
const codesOfFaults = new Set([
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
  'SUBGRAPH_OVERLOADED',
  'SUBGRAPH_UNAVAILABLE',
]);

/** How an operation turned out: `errors` tell its caller something, such as what is not theirs to see; `faults` are ours. */
export type Outcome = 'ok' | 'errors' | 'faults';

/** What is read here of an error that clients are told. */
export interface Told {
  readonly message: string;
  readonly extensions?: { readonly code?: unknown } | undefined;
}

export function outcomeOf(errors: readonly Told[] = []): Outcome {
  if (errors.length === 0) return 'ok';
  return errors.some(({ extensions }) => isAmong(codesOfFaults, extensions?.code)) ? 'faults' : 'errors';
}

const MASKED_CODE = 'INTERNAL_SERVER_ERROR';
const MASKED_MESSAGE = 'Something went wrong';

/** An error with a code that clients can act on, and whatever goes with it in `extensions`. */
export function codedError(code: string, message: string, extensions: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { ...extensions, code } });
}

/** The same error under a code. Its place in the client's document stays. */
export function withCode(error: GraphQLError, code: string, message = error.message): GraphQLError {
  const { nodes, source, positions, path, originalError } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source,
    positions,
    path,
    originalError,
    extensions: { code },
  });
}

/** Ends the preparation of an operation with what is wrong with it. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors.map(({ message }) => message).join('\n'));
    this.errors = errors;
  }
}

/**
 * An error that a subgraph answered, as clients may see it. What it did not mean for clients is logged and masked;
 * its path stays as the subgraph gave it.
 */
export function presentSubgraphError(
  { message, path, extensions: { stacktrace: _stacktrace, ...extensions } = {} }: GraphQLFormattedError,
  subgraph: string,
  { logger, requestId }: RequestScope,
): GraphQLFormattedError {
  const where = path ? { path } : {};
  if (isAmong(codesOfSubgraphs, extensions.code)) return { message, ...where, extensions };
  logger.error({ subgraph, code: extensions.code, path: path?.join('.'), message }, 'a subgraph failed');
  return { message: MASKED_MESSAGE, ...where, extensions: { code: MASKED_CODE, requestId } };
}

/**
 * An error of an execution, as clients may see it: its path without the markers that executors put for "all items of
 * a list", nothing of who answered, and no unforeseen message.
 */
export function presentError(error: unknown, scope: RequestScope): GraphQLError {
  if (!(error instanceof GraphQLError)) return masked(error, undefined, scope);
  const path = pathOf(error);
  const { serviceName: _subgraph, ...extensions } = error.extensions;
  const isMasked = extensions.code === MASKED_CODE && extensions.requestId === scope.requestId;
  if (!isMasked && !isPublic(extensions.code)) return masked(error, path, scope);
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes: nodes ?? null, source, positions, path, extensions });
}

/** A subgraph has answered against its schema. What it did is logged, and clients are told no more than the place. */
export function brokenPromise(
  message: string,
  path: readonly (string | number)[],
  { logger, requestId }: RequestScope,
): GraphQLFormattedError {
  logger.error({ path: path.join('.'), message }, 'a subgraph answered against its schema');
  const where = path.length > 0 ? { path } : {};
  return { message: MASKED_MESSAGE, ...where, extensions: { code: MASKED_CODE, requestId } };
}

function masked(error: unknown, path: GraphQLError['path'], { logger, requestId }: RequestScope): GraphQLError {
  logger.error({ err: error, path: path?.join('.') }, 'an operation failed');
  return new GraphQLError(MASKED_MESSAGE, { path, extensions: { code: MASKED_CODE, requestId } });
}

function isPublic(code: unknown): boolean {
  return isAmong(codesOfSubgraphs, code) || isAmong(codesOfGateway, code);
}

function isAmong(codes: ReadonlySet<string>, code: unknown): boolean {
  return typeof code === 'string' && codes.has(code);
}

/** A failed fetch belongs to a whole list of objects: its error points at the list. */
function pathOf({ path }: GraphQLError): GraphQLError['path'] {
  const marker = path?.indexOf('@') ?? -1;
  return marker === -1 ? path : path?.slice(0, marker);
}

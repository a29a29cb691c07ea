import { KeysUnavailableError, TokenError } from '@paygraph/auth';
import { GraphQLError } from 'graphql';

/** Nobody is signed in, and the field needs somebody. */
export function unauthenticated(message = 'Sign in first'): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } });
}

/** Somebody is signed in who may not do this. */
export function forbidden(message = 'You may not do this'): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

/** An argument cannot be used; `field` is the path to it, such as `['first']`. */
export function badUserInput(message: string, field: readonly string[]): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', field } });
}

/** What was asked for does not exist, or is not the caller's to see. For subscriptions; queries answer null instead. */
export function notFound(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'NOT_FOUND' } });
}

/** Too much is waiting already: nothing was done, and the caller may try again in a moment. */
export function overloaded(message = 'Too much to do: try again in a moment'): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'OVERLOADED' } });
}

/** The end of a subscription whose client was too slow; it continues with `argument` at `cursor`, the last one sent. */
export function resumeAfter(argument: string, cursor: number | string): GraphQLError {
  return new GraphQLError(`Too slow to follow: subscribe again from ${argument}`, {
    extensions: { code: 'RESUME', [argument]: cursor },
  });
}

/**
 * Somebody asks in the name of another, or of nobody, which only the gateway may. A code of its own: a gateway that is told so
 * has another secret or certificate, which is a fault of ours and none of its client's.
 */
export function unprovenCaller(): GraphQLError {
  return new GraphQLError('Only the gateway may ask in the name of people, and each service in its own', {
    extensions: { code: 'UNPROVEN_CALLER', http: { status: 403 } },
  });
}

/** What failed authentication answers over HTTP: 401 for a bad token, 503 when nobody can tell. */
export function authenticationFailure(error: unknown): GraphQLError | undefined {
  if (error instanceof TokenError) {
    const http = { status: 401, headers: new Map([['www-authenticate', 'Bearer error="invalid_token"']]) };
    return new GraphQLError(error.message, {
      extensions: { code: 'UNAUTHENTICATED', reason: error.reason, http },
      originalError: error,
    });
  }
  if (error instanceof KeysUnavailableError) {
    const extensions = { code: 'SERVICE_UNAVAILABLE', http: { status: 503, headers: new Map([['retry-after', '1']]) } };
    return new GraphQLError('Try again later', { extensions, originalError: error });
  }
  return undefined;
}

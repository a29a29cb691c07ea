import { type Authenticate, KeysUnavailableError, type Principal, TokenError } from '@paygraph/auth';
import { GraphQLError } from 'graphql';

/**
 * Who sent an HTTP request.
 *
 * @throws GraphQLError that carries the status to answer with: 401 for a bad token, 503 while no keys are at hand
 */
export async function authenticateRequest(
  authenticate: Authenticate,
  authorization: string | undefined,
): Promise<Principal> {
  try {
    return await authenticate(authorization);
  } catch (error) {
    if (error instanceof TokenError) throw unauthenticated(error);
    if (error instanceof KeysUnavailableError) throw unavailable(error);
    throw error;
  }
}

function unauthenticated(cause: TokenError): GraphQLError {
  const http = { status: 401, headers: new Map([['www-authenticate', 'Bearer error="invalid_token"']]) };
  const extensions = { code: 'UNAUTHENTICATED', reason: cause.reason, http };
  return new GraphQLError(cause.message, { extensions, originalError: cause });
}

function unavailable(cause: KeysUnavailableError): GraphQLError {
  const http = { status: 503, headers: new Map([['retry-after', '1']]) };
  return new GraphQLError('Tokens cannot be verified at the moment: try again.', {
    extensions: { code: 'SERVICE_UNAVAILABLE', http },
    originalError: cause,
  });
}

import { type Authenticate, KeysUnavailableError, type Principal, TokenError } from '@paygraph/auth';
import { GraphQLError } from 'graphql';
import { createLru } from '../lru.ts';

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

/** Longest time in ms that a token counts as verified. A key that is withdrawn stops counting within that time. */
const REMEMBERED_FOR = 30_000;
/** Characters of the tokens that are remembered. */
const REMEMBERED = 4_000_000;

/** Verifies a token once in a while, not with every request: a signature costs more than all else in a small one. */
export function rememberVerified(authenticate: Authenticate, now: () => number = Date.now): Authenticate {
  const verified = createLru<{ readonly principal: Principal; readonly until: number }>(REMEMBERED);
  return async (authorization) => {
    const known = authorization === undefined ? undefined : verified.get(authorization);
    if (known && known.until > now()) return known.principal;
    const principal = await authenticate(authorization);
    if (authorization !== undefined && principal.kind !== 'anonymous')
      verified.set(authorization, {
        principal,
        until: Math.min(principal.expiresAt.getTime(), now() + REMEMBERED_FOR),
      });
    return principal;
  };
}

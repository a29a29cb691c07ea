import { type Authenticate, KeysUnavailableError, type Principal, TokenError } from '@paygraph/auth';
import { GraphQLError } from 'graphql';
import { tell } from '../protection/headers.ts';
import type { Charged } from '../protection/rate-limits.ts';

/** Takes points, 1 if left out, from what the strangers of a network may spend; nothing where nothing is counted. */
export type ChargeStranger = (address: string | undefined, points?: number) => Promise<Charged | undefined>;

/**
 * Who sent an HTTP request from an address.
 *
 * @throws GraphQLError that carries the status to answer with: 401 for a bad token, 429 for one too many of them, 503 while no
 * keys are at hand
 */
export async function authenticateRequest(
  authenticate: Authenticate,
  charge: ChargeStranger,
  { authorization, address }: { readonly authorization: string | undefined; readonly address: string },
): Promise<Principal> {
  try {
    return await authenticate(authorization);
  } catch (error) {
    if (error instanceof TokenError) throw refused(error, await charge(address));
    if (error instanceof KeysUnavailableError) throw unavailable(error);
    throw error;
  }
}

function refused(cause: TokenError, charged: Charged | undefined): GraphQLError {
  const headers = new Map<string, string>();
  tell({ header: (name, value) => headers.set(name, value) }, charged?.usage);
  const [tooMuch] = charged?.refusal?.errors ?? [];
  if (tooMuch) {
    const extensions = { ...tooMuch.extensions, http: { status: 429, headers } };
    return new GraphQLError(tooMuch.message, { extensions, originalError: cause });
  }
  headers.set('www-authenticate', 'Bearer error="invalid_token"');
  const extensions = { code: 'UNAUTHENTICATED', reason: cause.reason, http: { status: 401, headers } };
  return new GraphQLError(cause.message, { extensions, originalError: cause });
}

function unavailable(cause: KeysUnavailableError): GraphQLError {
  const http = { status: 503, headers: new Map([['retry-after', '1']]) };
  return new GraphQLError('Tokens cannot be verified at the moment: try again.', {
    extensions: { code: 'SERVICE_UNAVAILABLE', http },
    originalError: cause,
  });
}

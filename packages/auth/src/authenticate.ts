import jwt, { type JwtPayload } from 'jsonwebtoken';
import type { KeySource } from './key-source.ts';
import { anonymous, isServiceName, type Principal, type ServiceName } from './principal.ts';
import { isRole } from './scopes.ts';
import { accessTokenAudience, accessTokenIssuer, algorithm, serviceTokenLifetime } from './sign.ts';

const maxTokenLength = 8 * 1024;
/** Difference in seconds that is forgiven between the signer's clock and ours. */
const clockTolerance = 5;

export type TokenErrorReason = 'MALFORMED' | 'EXPIRED' | 'INVALID';

/**
 * A token that gives no principal. MALFORMED: not a bearer token at all. EXPIRED: it was good. INVALID: it never was
 * good here (signature, key, issuer, audience, claims, scopes).
 */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly reason: TokenErrorReason;

  constructor(reason: TokenErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface AuthenticatorOptions {
  readonly accessTokenKeys: KeySource;
  /** Without them no service token is accepted. */
  readonly serviceTokenKeys?: KeySource | undefined;
  /** The service that asks: a service token must be made out to it. */
  readonly audience: ServiceName;
  /** What each other service may ask of this one. A token with any other scope is refused whole. */
  readonly acceptedScopes: Partial<Record<ServiceName, readonly string[]>>;
  readonly issuer?: string;
  readonly now?: () => Date;
}

/** From the value of an `authorization` header to who is asking. @throws TokenError, KeysUnavailableError */
export interface Authenticate {
  (authorization: string | undefined): Promise<Principal>;
  /** Rejects while there are no keys to verify access tokens with; absent when they came with the configuration. */
  readonly ready?: () => Promise<void>;
}

/** Verifies ES256 tokens of people and of services. No header is the anonymous principal, a bad one is an error. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { issuer = accessTokenIssuer, now = () => new Date() } = options;

  const customerFrom = async (token: string, kid: string): Promise<Principal> => {
    const found = await options.accessTokenKeys(kid);
    if (!found) throw unknownKey();
    const claims = verify(token, found.key, { issuer, audience: accessTokenAudience }, now());
    const { sub, sid, roles } = claims;
    if (typeof sub !== 'string' || sub === '') throw badClaim('sub');
    if (typeof sid !== 'string' || sid === '') throw badClaim('sid');
    if (!Array.isArray(roles) || !roles.every(isRole)) throw badClaim('roles');
    return { kind: 'customer', id: sub, sessionId: sid, roles, scopes: scopesIn(claims), expiresAt: expiryOf(claims) };
  };

  const serviceFrom = async (token: string, kid: string, service: ServiceName): Promise<Principal> => {
    const accepted = options.acceptedScopes[service];
    if (!options.serviceTokenKeys || !accepted) throw new TokenError('INVALID', `${service} may not call here`);
    const found = await options.serviceTokenKeys(kid);
    // The key must be that service's own: otherwise each service could sign in the name of every other one.
    if (!found || found.service !== service) throw unknownKey();
    const claims = verify(token, found.key, { issuer: service, audience: options.audience }, now());
    if (claims.exp - (claims.iat ?? 0) > serviceTokenLifetime) throw badClaim('exp');
    const scopes = scopesIn(claims);
    for (const scope of scopes)
      if (!accepted.includes(scope)) throw new TokenError('INVALID', `${service} may not use ${scope} here`);
    return { kind: 'service', service, scopes, expiresAt: expiryOf(claims) };
  };

  const authenticate = async (authorization: string | undefined): Promise<Principal> => {
    if (authorization === undefined) return anonymous;
    const token = bearerToken(authorization);
    const { kid, iss } = unverified(token);
    if (iss === issuer) return customerFrom(token, kid);
    if (isServiceName(iss)) return serviceFrom(token, kid, iss);
    throw badClaim('iss');
  };
  const { ready } = options.accessTokenKeys;
  return ready ? Object.assign(authenticate, { ready }) : authenticate;
}

function bearerToken(authorization: string): string {
  if (authorization.length > maxTokenLength) throw new TokenError('MALFORMED', 'The token is too long');
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
  if (!token) throw new TokenError('MALFORMED', 'The authorization is not a bearer token');
  return token;
}

/** Only says which key to verify with; nothing in it is believed before the signature is verified. */
function unverified(token: string): { kid: string; iss: unknown } {
  const { header, payload } = decoded(token);
  if (header.alg !== algorithm) throw new TokenError('INVALID', `The token is not signed with ${algorithm}`);
  if (typeof header.kid !== 'string' || header.kid === '') throw new TokenError('INVALID', 'The token names no key');
  return { kid: header.kid, iss: payload.iss };
}

function decoded(token: string): { header: jwt.JwtHeader; payload: JwtPayload } {
  try {
    const result = jwt.decode(token, { complete: true });
    if (result && typeof result.payload === 'object' && result.payload !== null)
      return { header: result.header, payload: result.payload };
  } catch {
    // Segments that are not JSON: the same as any other malformed token.
  }
  throw new TokenError('MALFORMED', 'The token is not a JWT');
}

type VerifiedClaims = JwtPayload & { exp: number };

function verify(
  token: string,
  key: jwt.PublicKey,
  expected: { issuer: string; audience: ServiceName | typeof accessTokenAudience },
  now: Date,
): VerifiedClaims {
  const claims = verifiedPayload(token, key, {
    ...expected,
    algorithms: [algorithm],
    clockTolerance,
    clockTimestamp: Math.floor(now.getTime() / 1000),
  });
  // jsonwebtoken lets a token without expiry pass for ever.
  if (typeof claims.exp !== 'number') throw badClaim('exp');
  return { ...claims, exp: claims.exp };
}

function verifiedPayload(token: string, key: jwt.PublicKey, options: jwt.VerifyOptions): JwtPayload {
  try {
    const claims = jwt.verify(token, key, { ...options, complete: false });
    if (typeof claims === 'object') return claims;
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError) throw new TokenError('EXPIRED', 'The token has expired');
    throw new TokenError('INVALID', 'The token is not valid');
  }
  throw new TokenError('INVALID', 'The token is not valid');
}

function scopesIn(claims: JwtPayload): ReadonlySet<string> {
  const scope: unknown = claims.scope;
  if (typeof scope !== 'string') throw badClaim('scope');
  return new Set(scope.split(' ').filter((part) => part !== ''));
}

function expiryOf(claims: VerifiedClaims): Date {
  return new Date(claims.exp * 1000);
}

function badClaim(claim: string): TokenError {
  return new TokenError('INVALID', `The token's claim ${claim} is not valid`);
}

function unknownKey(): TokenError {
  return new TokenError('INVALID', 'The token is signed with an unknown key');
}

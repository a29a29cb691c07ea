import jwt from 'jsonwebtoken';
import type { SigningKey } from './keys.ts';
import type { ServiceName } from './principal.ts';
import { type Role, scopesOf } from './scopes.ts';

export const algorithm = 'ES256';
export const accessTokenIssuer = 'paygraph-profile';
export const accessTokenAudience = 'paygraph';
/** Life of an access token in seconds. */
const accessTokenLifetime = 15 * 60;
/** Life of a service token in seconds. */
export const serviceTokenLifetime = 60;

export interface AccessTokenRequest {
  readonly key: SigningKey;
  readonly customerId: string;
  readonly sessionId: string;
  readonly roles: readonly Role[];
  /** What the token may do; everything that the roles allow unless given. */
  readonly scopes?: readonly string[];
  readonly now?: Date;
  readonly issuer?: string;
}

/** Signs a person's access token: 15 minutes, ES256, audience `paygraph`. */
export function signAccessToken(request: AccessTokenRequest): { token: string; expiresAt: Date } {
  const { key, customerId, sessionId, roles, now = new Date(), issuer = accessTokenIssuer } = request;
  const scope = (request.scopes ?? scopesOf(roles)).join(' ');
  const iat = seconds(now);
  const exp = iat + accessTokenLifetime;
  const claims = { iss: issuer, aud: accessTokenAudience, sub: customerId, sid: sessionId, roles, scope, iat, exp };
  return { token: sign(claims, key), expiresAt: new Date(exp * 1000) };
}

/** Gives a token for calling `audience` with these scopes: signed anew only when the last one has 10 s left or less. */
export type ServiceTokenSigner = (audience: ServiceName, scopes: readonly string[]) => string;

export function createServiceTokenSigner(options: {
  readonly service: ServiceName;
  readonly key: SigningKey;
  readonly now?: () => Date;
}): ServiceTokenSigner {
  const { service, key, now = () => new Date() } = options;
  const renewBefore = 10;
  const cache = new Map<string, { token: string; exp: number }>();
  return (audience, scopes) => {
    const scope = [...scopes].sort().join(' ');
    const iat = seconds(now());
    const cached = cache.get(`${audience} ${scope}`);
    if (cached && cached.exp - iat > renewBefore) return cached.token;
    const exp = iat + serviceTokenLifetime;
    const token = sign({ iss: service, aud: audience, scope, iat, exp }, key);
    cache.set(`${audience} ${scope}`, { token, exp });
    return token;
  };
}

function sign(claims: object, key: SigningKey): string {
  return jwt.sign(claims, key.privateKey, { algorithm, keyid: key.kid });
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

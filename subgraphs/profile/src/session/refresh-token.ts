import { createHash, randomBytes } from 'node:crypto';

const lifetimeMs = 30 * 24 * 60 * 60 * 1000;

/** A refresh token as it is issued; what is stored of it is the hash. */
export interface RefreshToken {
  readonly token: string;
  readonly hash: TokenHash;
  readonly expiresAt: Date;
}

export type TokenHash = Uint8Array<ArrayBuffer>;

/** A new token of 256 random bits, good for 30 days. */
export function createRefreshToken(now: Date): RefreshToken {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOfRefreshToken(token), expiresAt: new Date(now.getTime() + lifetimeMs) };
}

/** SHA-256: what it is taken of is as random as a key, so that a slow hash would add nothing. */
export function hashOfRefreshToken(token: string): TokenHash {
  return Uint8Array.from(createHash('sha256').update(token).digest());
}

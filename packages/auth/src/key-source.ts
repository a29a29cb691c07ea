import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Agent } from 'node:https';
import { JwksClient } from 'jwks-rsa';
import { type Jwks, publicKeyOf } from './keys.ts';
import type { ServiceName } from './principal.ts';

export interface VerificationKey {
  readonly key: KeyObject;
  /** The only service that may sign with it; absent for keys of access tokens. */
  readonly service?: ServiceName | undefined;
}

/** Finds a public key by its `kid`; undefined when there is none. @throws KeysUnavailableError */
export interface KeySource {
  (kid: string): Promise<VerificationKey | undefined>;
  /** Rejects while it has no keys; absent when it always has. @throws KeysUnavailableError */
  readonly ready?: () => Promise<void>;
}

/** The keys cannot be had at the moment: nothing is known about the token, so that asking again later may succeed. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/** Keys that come with the configuration. */
export function staticKeys(jwks: Jwks): KeySource {
  const keys = new Map<string, VerificationKey>();
  for (const jwk of jwks.keys) keys.set(jwk.kid, { key: publicKeyOf(jwk), service: jwk.service });
  return async (kid) => keys.get(kid);
}

export interface RemoteKeysOptions {
  readonly now?: () => Date;
  /** Age in ms from which keys are fetched anew, in the background. */
  readonly refreshAfterMs?: number;
  /** Age in ms from which keys are no longer believed when they cannot be fetched. */
  readonly expireAfterMs?: number;
  /** Least time in ms between two fetches, whatever `kid`s arrive, once there are keys. */
  readonly cooldownMs?: number;
  readonly timeoutMs?: number;
  /** Makes the connections, if they are not plain ones. */
  readonly agent?: Agent | undefined;
}

/**
 * Keys published at a JWKS address, fetched when first needed.
 *
 * `jwks-rsa` fetches and reads the set; the cache is our own. The library caches per key and counts every unknown `kid`
 * against one rate limit, so that a stream of invented `kid`s would keep it from renewing a good key. Here the set is
 * held as a whole: a known key is always answered from memory, an unknown `kid` causes at most one fetch per cooldown,
 * concurrent callers share it, and while the address does not answer the known keys go on working until they expire.
 */
export function remoteKeys(url: string, options: RemoteKeysOptions = {}): KeySource {
  const { now = () => new Date(), refreshAfterMs = 600_000, expireAfterMs = 86_400_000 } = options;
  const { cooldownMs = 2_000, timeoutMs = 3_000, agent } = options;
  const client = new JwksClient({
    jwksUri: url,
    cache: false,
    rateLimit: false,
    timeout: timeoutMs,
    ...(agent && { requestAgent: agent }),
  });
  let known = new Map<string, VerificationKey>();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let pending: Promise<void> | undefined;

  const fetchKeys = async () => {
    try {
      const keys = new Map<string, VerificationKey>();
      for (const found of await client.getSigningKeys())
        keys.set(found.kid, { key: createPublicKey(found.getPublicKey()) });
      known = keys;
      fetchedAt = now().getTime();
      failure = undefined;
    } catch (error) {
      failure = error;
    } finally {
      pending = undefined;
    }
  };
  const refresh = () => {
    if (pending) return pending;
    // Without any keys nobody can be let in: whoever asked too early, as a probe does while all starts, keeps nobody out.
    if (known.size > 0 && now().getTime() - attemptedAt < cooldownMs) return Promise.resolve();
    attemptedAt = now().getTime();
    pending = fetchKeys();
    return pending;
  };
  const fresh = (limitMs: number) => now().getTime() - fetchedAt < limitMs;
  const unavailable = () => new KeysUnavailableError(`keys at ${url} cannot be fetched`, { cause: failure });

  const find = async (kid: string) => {
    const key = known.get(kid);
    if (key && fresh(expireAfterMs)) {
      if (!fresh(refreshAfterMs)) void refresh();
      return key;
    }
    await refresh();
    if (failure !== undefined) throw unavailable();
    return known.get(kid);
  };
  const ready = async () => {
    if (!fresh(expireAfterMs)) await refresh();
    if (!fresh(expireAfterMs)) throw unavailable();
  };
  return Object.assign(find, { ready });
}

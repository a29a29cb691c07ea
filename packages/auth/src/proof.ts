import { diffieHellman, hash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AuthenticationCode, createAuthenticationCode } from './authentication-code.ts';
import { type Jwks, KeyError, publicKeyOf, type SigningKey } from './keys.ts';
import type { ServiceName } from './principal.ts';

/** What the gateway sends a service in somebody's name: no part of it can be exchanged for another. */
export interface Proven {
  readonly requestId: string;
  /** The caller's `authorization`, as it is forwarded; undefined in the name of nobody. */
  readonly authorization: string | undefined;
  /** As it is sent, to the letter; nothing where a WebSocket is opened. */
  readonly body: string;
}

/** Makes the proof that a request comes from the gateway. It is good once, within half a minute, at one service. */
export type Prove = (request: Proven) => string;

/** Whether a proof is good, which it is once. */
export type VerifyProof = (proof: string | undefined, request: Proven) => boolean;

/** Seconds that a proof is good, and that the clocks of two machines may differ. */
const LIFETIME = 30;
const TOLERANCE = 5;

interface ProofOptions {
  /** The key of the service that proves, or that verifies. */
  readonly key: SigningKey;
  /** The public keys of all services. */
  readonly jwks: Jwks;
  readonly now?: () => number;
}

/**
 * Proofs of the gateway for one service. Both know the same secret, which nobody else does and which is sent by no wire: it
 * is agreed on by their key pairs (ECDH), so that a service can forge no proof for another one. A signature with such a
 * secret costs microseconds, and so each request has its own.
 *
 * @throws KeyError when the service has no key among the public ones
 */
export function createProver({
  key,
  jwks,
  service,
  now = Date.now,
}: ProofOptions & { readonly service: ServiceName }): Prove {
  const [secret] = secretsWith(service, { own: key, jwks, service });
  if (!secret) throw new KeyError(`there is no public key of ${service}`);
  const begin = randomBytes(9).toString('base64url');
  const digests = remembered(digestOf);
  let count = 0;
  return (request) => {
    count += 1;
    const head = `${secret.kid}.${Math.floor(now() / 1000)}.${begin}${count.toString(36)}`;
    // Joined it is one text at once; added up it would be copied where it is first looked at.
    return [head, macOf(secret.codeOf, digests, service, head, request)].join('.');
  };
}

/**
 * Verifies them at the service. One that has been seen is no good any more; several processes of a service do not tell each
 * other, so that within half a minute whoever can read a request could have it run once in each.
 *
 * @throws KeyError when the gateway has no key among the public ones
 */
export function createProofVerifier(options: ProofOptions & { readonly service: ServiceName }): VerifyProof {
  const { key, jwks, service, now = Date.now } = options;
  const codes = new Map(secretsWith('gateway', { own: key, jwks, service }).map((each) => [each.kid, each.codeOf]));
  if (codes.size === 0) throw new KeyError('there is no public key of the gateway');
  const seen = createSeen(now);
  return (proof = '', request) => {
    const [, head = '', kid = '', seconds = '', mac = ''] = PROOF.exec(proof) ?? [];
    const codeOf = codes.get(kid);
    const age = now() / 1000 - Number(seconds);
    if (!codeOf || !(age > -TOLERANCE && age < LIFETIME + TOLERANCE)) return false;
    const expected = Buffer.from(macOf(codeOf, digestOf, service, head, request));
    const given = Buffer.from(mac);
    return given.length === expected.length && timingSafeEqual(given, expected) && seen(mac);
  };
}

/** The key of the gateway, seconds since the epoch, what makes it unlike any other, and its authentication code. */
const PROOF = /^(([\w-]{1,64})\.(\d{1,12})\.[\w-]{1,32})\.([\w-]{43})$/;

/** Remembers for at least as long as a proof may be good, and not for ever. */
function createSeen(now: () => number) {
  const period = (LIFETIME + 2 * TOLERANCE) * 1000;
  let recent = new Set<string>();
  let older = new Set<string>();
  let since = now();
  return (mac: string): boolean => {
    if (now() - since > period) {
      older = now() - since > 2 * period ? new Set() : recent;
      recent = new Set();
      since = now();
    }
    if (recent.has(mac) || older.has(mac)) return false;
    recent.add(mac);
    return true;
  };
}

function macOf(
  codeOf: AuthenticationCode,
  digest: typeof digestOf,
  service: ServiceName,
  head: string,
  { requestId, authorization, body }: Proven,
): string {
  const token = authorization === undefined ? '' : digest(authorization);
  // None of these can contain a line break but the last.
  return codeOf(`${service}\n${head}\n${requestId}\n${token}\n`, body);
}

/** A token is longer than most requests, and comes with many of them. */
function digestOf(authorization: string): string {
  return hash('sha256', authorization, 'base64url');
}

/** Tokens that are remembered at least, and at most twice as many. */
const REMEMBERED = 1_000;

/** The same, made once for what is asked for again and again. */
function remembered(make: (text: string) => string): (text: string) => string {
  let recent = new Map<string, string>();
  let older = recent;
  return (text) => {
    const known = recent.get(text);
    if (known !== undefined) return known;
    const made = older.get(text) ?? make(text);
    if (recent.size >= REMEMBERED) {
      older = recent;
      recent = new Map();
    }
    recent.set(text, made);
    return made;
  };
}

/** The secrets that a key shares with each key of a peer, by the key of the gateway. */
function secretsWith(
  peer: ServiceName,
  { own, jwks, service }: { readonly own: SigningKey; readonly jwks: Jwks; readonly service: ServiceName },
) {
  return jwks.keys
    .filter((jwk) => jwk.service === peer)
    .map((jwk) => {
      const agreed = diffieHellman({ privateKey: own.privateKey, publicKey: publicKeyOf(jwk) });
      const secret = Buffer.from(hkdfSync('sha256', agreed, '', `paygraph gateway to ${service}`, 32));
      return { kid: peer === 'gateway' ? jwk.kid : own.kid, codeOf: createAuthenticationCode(secret) };
    });
}

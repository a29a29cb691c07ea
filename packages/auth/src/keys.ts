import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isServiceName, type ServiceName } from './principal.ts';

/** A public P-256 key as it stands in a JWKS (RFC 7517). `service` binds it to the one issuer that may sign with it. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
  readonly service?: ServiceName;
}

export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

export interface Jwks {
  readonly keys: readonly PublicJwk[];
}

/** A private ES256 key ready to sign with. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** A key, or a file of keys, that cannot be used. The message never contains key material. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

/** Makes a new P-256 key for ES256. Its `kid` is its RFC 7638 thumbprint. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signingKey(privateKey);
}

/** The public half of a key, to be put into a JWKS; `service` names the only issuer that may use it. */
export function publicJwk(key: SigningKey, service?: ServiceName): PublicJwk {
  const { x, y } = coordinates(createPublicKey(key.privateKey));
  const jwk = { kty: 'EC', crv: 'P-256', x, y, kid: key.kid, alg: 'ES256', use: 'sig' } as const;
  return service === undefined ? jwk : { ...jwk, service };
}

/** The whole key, as `ensureKeys` writes it and `parseSigningKey` reads it. */
export function privateJwk(key: SigningKey): PrivateJwk {
  const { d } = key.privateKey.export({ format: 'jwk' });
  if (d === undefined) throw new KeyError('not a private key');
  return { ...publicJwk(key), d };
}

/** Reads a private JWK from JSON text. @throws KeyError when it is not a private P-256 key. */
export function parseSigningKey(json: string): SigningKey {
  const jwk = parseObject(json);
  try {
    return signingKey(createPrivateKey({ key: jwk, format: 'jwk' }));
  } catch {
    throw new KeyError('not a private P-256 key in JWK format');
  }
}

/** Reads a JWKS of public P-256 keys from JSON text. @throws KeyError naming the first key that is not one. */
export function parseJwks(json: string): Jwks {
  const { keys } = parseObject(json);
  if (!Array.isArray(keys)) throw new KeyError('a JWKS needs a list "keys"');
  return { keys: keys.map((key: unknown, index) => checkedPublicJwk(key, index)) };
}

/** The key that a public JWK stands for. */
export function publicKeyOf(jwk: PublicJwk): KeyObject {
  return createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, format: 'jwk' });
}

function signingKey(privateKey: KeyObject): SigningKey {
  return { kid: thumbprint(createPublicKey(privateKey)), privateKey };
}

/** RFC 7638: SHA-256 of the required members in lexicographic order, without white space. */
function thumbprint(publicKey: KeyObject): string {
  const { x, y } = coordinates(publicKey);
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
}

function coordinates(publicKey: KeyObject): { x: string; y: string } {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) throw new KeyError('not a P-256 key');
  return { x, y };
}

function checkedPublicJwk(value: unknown, index: number): PublicJwk {
  if (!isRecord(value)) throw new KeyError(`keys[${index}] is not an object`);
  const { kty, crv, x, y, kid, service } = value;
  if ('d' in value) throw new KeyError(`keys[${index}] is a private key: a JWKS holds public keys only`);
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string')
    throw new KeyError(`keys[${index}] is not a P-256 key`);
  if (typeof kid !== 'string' || kid === '') throw new KeyError(`keys[${index}] has no "kid"`);
  if (service !== undefined && !isServiceName(service)) throw new KeyError(`keys[${index}].service is no service`);
  const jwk = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' } as const;
  try {
    publicKeyOf(jwk);
  } catch {
    throw new KeyError(`keys[${index}] is not a point of P-256`);
  }
  return service === undefined ? jwk : { ...jwk, service };
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (isRecord(value)) return value;
  } catch {
    // The text may be a private key: the parser's message, which quotes it, stays here.
  }
  throw new KeyError('not a JSON object');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

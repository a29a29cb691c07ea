import { createHash } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { KeySource } from './key-source.ts';
import type { SigningKey } from './keys.ts';
import type { ServiceName } from './principal.ts';
import { algorithm } from './sign.ts';

/** What a statement says: JSON that has no place for the names that JWT reserves. */
export type StatementClaims = Readonly<Record<string, string | null>>;

export interface Statement {
  readonly claims: StatementClaims;
  /** To the second. */
  readonly signedAt: Date;
}

/** A statement that is none: not of this type, not of this service, altered, or signed with a key that nobody knows. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

/**
 * Signs what a service states for the record: a compact JWS (ES256) with a `typ` of its own. It never expires, and having no
 * audience it is no token for anybody.
 *
 * @param options.type such as `ledger-head`
 */
export function signStatement(options: {
  readonly service: ServiceName;
  readonly key: SigningKey;
  readonly type: string;
  readonly claims: StatementClaims;
  readonly signedAt: Date;
}): string {
  const { service, key, type, claims, signedAt } = options;
  const iat = Math.floor(signedAt.getTime() / 1_000);
  return jwt.sign({ iss: service, iat, ...claims }, key.privateKey, {
    algorithm,
    header: { alg: algorithm, typ: typOf(type), kid: key.kid },
  });
}

/** What a statement says, once its signature was found good. @throws StatementError, KeysUnavailableError */
export async function verifyStatement(
  text: string,
  { service, type, keys }: { readonly service: ServiceName; readonly type: string; readonly keys: KeySource },
): Promise<Statement> {
  const kid = jwt.decode(text, { complete: true })?.header.kid;
  const found = kid === undefined ? undefined : await keys(kid);
  if (found?.service !== service) throw new StatementError(`not signed with a key of ${service}`);
  try {
    jwt.verify(text, found.key, { algorithms: [algorithm], issuer: service });
  } catch (cause) {
    throw new StatementError('the signature is not good', { cause });
  }
  return readStatement(text, { type });
}

/** What a statement says, whoever signed it: nothing to rely on. @throws StatementError when it cannot be read */
export function readStatement(text: string, { type }: { readonly type: string }): Statement {
  const { header, payload } = jwt.decode(text, { complete: true }) ?? {};
  if (header?.typ !== typOf(type) || typeof payload !== 'object' || typeof payload.iat !== 'number')
    throw new StatementError(`not a ${type}`);
  const { iss: _service, iat, ...claims } = payload;
  return { claims, signedAt: new Date(iat * 1_000) };
}

/** SHA-256 in hex, by which the next statement of a series names the one before it. */
export function digestOf(statement: string): string {
  return createHash('sha256').update(statement).digest('hex');
}

const typOf = (type: string) => `${type}+jwt`;

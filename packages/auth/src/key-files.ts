import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  generateSigningKey,
  type Jwks,
  KeyError,
  parseSigningKey,
  privateJwk,
  publicJwk,
  type SigningKey,
} from './keys.ts';
import type { ServiceName } from './principal.ts';

export interface KeyFiles {
  /** Key that profile signs access tokens with. */
  readonly accessTokenKey: SigningKey;
  readonly accessTokenKeyFile: string;
  readonly serviceKeys: ReadonlyMap<ServiceName, { readonly key: SigningKey; readonly file: string }>;
  readonly serviceJwks: Jwks;
  readonly serviceJwksFile: string;
}

/**
 * Makes the keys of an installation once and reads them ever after: `<service>.key.json` and `access-token.key.json`
 * (private JWKs, mode 0600) and `services.jwks.json` (public, rewritten so that it always matches the private ones).
 * Two processes starting at once end up with the same keys.
 *
 * @throws KeyError when an existing file does not hold a key: it is never overwritten.
 */
export async function ensureKeys(options: {
  readonly directory: string;
  readonly services: readonly ServiceName[];
}): Promise<KeyFiles> {
  const { directory, services } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const accessTokenKeyFile = join(directory, 'access-token.key.json');
  const accessTokenKey = await ensureKey(accessTokenKeyFile);
  const serviceKeys = new Map<ServiceName, { key: SigningKey; file: string }>();
  for (const service of services) {
    const file = join(directory, `${service}.key.json`);
    serviceKeys.set(service, { key: await ensureKey(file), file });
  }
  const serviceJwks = { keys: [...serviceKeys].map(([service, { key }]) => publicJwk(key, service)) };
  const serviceJwksFile = join(directory, 'services.jwks.json');
  const draft = draftOf(serviceJwksFile);
  await writeFile(draft, `${JSON.stringify(serviceJwks, null, 2)}\n`);
  // In one step, so that services which start meanwhile find it whole.
  await rename(draft, serviceJwksFile);
  return { accessTokenKey, accessTokenKeyFile, serviceKeys, serviceJwks, serviceJwksFile };
}

async function ensureKey(file: string): Promise<SigningKey> {
  const existing = await readIfThere(file);
  if (existing !== undefined) return keyIn(file, existing);
  // Written aside and linked into place: a crash leaves no half-written key, and the first of two writers wins.
  const draft = draftOf(file);
  await writeFile(draft, `${JSON.stringify(privateJwk(generateSigningKey()))}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return keyIn(file, await readFile(file, 'utf8'));
}

function draftOf(file: string): string {
  return `${file}.${process.pid}.${randomUUID()}`;
}

function keyIn(file: string, text: string): SigningKey {
  try {
    return parseSigningKey(text);
  } catch (error) {
    throw error instanceof KeyError ? new KeyError(`${file}: ${error.message}`) : error;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, createAuthority, readAuthority, type Validity } from './authority.ts';

const day = 24 * 3_600_000;
/** Of the CA, and of what it issues. */
const lifetimes = { authority: 365 * day, certificate: 30 * day };

/**
 * Makes a CA once (`ca.crt`, `ca.key`), and each time a folder for each service with a new certificate of it (`tls.crt`), its
 * key (`tls.key`) and the CA's (`ca.crt`): what its `TLS_DIRECTORY` is to be. Keys are for their owner alone (0600). Running
 * services take up the new ones.
 *
 * @throws Error when there is a CA that cannot be read: it is never overwritten before it ends
 */
export async function makeCertificates(options: {
  readonly directory: string;
  readonly services: readonly string[];
  readonly now?: Date;
}): Promise<void> {
  const { directory, services, now = new Date() } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = (await existing(directory, now)) ?? (await newAuthority(directory, now));
  for (const service of services) {
    const { certificate, key } = await authority.issue(service, validityOf(lifetimes.certificate, now));
    const folder = join(directory, service);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await put(join(folder, 'ca.crt'), authority.certificate);
    await put(join(folder, 'tls.key'), key, 0o600);
    await put(join(folder, 'tls.crt'), certificate);
  }
}

/** The CA that is there, unless what it issues now would outlive it. */
async function existing(directory: string, now: Date): Promise<Authority | undefined> {
  const [certificate, key] = await Promise.all(['ca.crt', 'ca.key'].map((name) => readIfThere(join(directory, name))));
  if (certificate === undefined || key === undefined) return undefined;
  const authority = await readAuthority({ certificate, key });
  return authority.validity.until.getTime() > now.getTime() + lifetimes.certificate ? authority : undefined;
}

async function newAuthority(directory: string, now: Date): Promise<Authority> {
  const authority = await createAuthority(validityOf(lifetimes.authority, now));
  await put(join(directory, 'ca.key'), authority.key, 0o600);
  await put(join(directory, 'ca.crt'), authority.certificate);
  return authority;
}

/** From a little ago, for machines whose clocks are behind. */
function validityOf(lifetime: number, now: Date): Validity {
  return { from: new Date(now.getTime() - 3_600_000), until: new Date(now.getTime() + lifetime) };
}

/** In one step, so that a service which reads meanwhile finds it whole. */
async function put(file: string, text: string, mode = 0o644): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode });
  await rename(draft, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

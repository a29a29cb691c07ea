import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureKeys } from './key-files.ts';
import { KeyError, parseJwks, parseSigningKey } from './keys.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paygraph-keys-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const ensure = () => ensureKeys({ directory: join(directory, 'keys'), services: ['ledger', 'payment'] });

describe('the keys of an installation', () => {
  it('are made once, private ones for their owner only', async () => {
    const files = await ensure();
    const names = await readdir(join(directory, 'keys'));
    expect(names.sort()).toEqual([
      'access-token.key.json',
      'ledger.key.json',
      'payment.key.json',
      'services.jwks.json',
    ]);
    for (const file of [files.accessTokenKeyFile, ...[...files.serviceKeys.values()].map(({ file }) => file)]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(parseSigningKey(await readFile(file, 'utf8')).kid).toBeTruthy();
    }
    const again = await ensure();
    expect(again.accessTokenKey.kid).toBe(files.accessTokenKey.kid);
    expect(again.serviceJwks).toEqual(files.serviceJwks);
  });

  it('bind each public key to its service', async () => {
    const { serviceKeys, serviceJwksFile } = await ensure();
    const { keys } = parseJwks(await readFile(serviceJwksFile, 'utf8'));
    expect(keys.map(({ service, kid }) => [service, kid])).toEqual(
      [...serviceKeys].map(([service, { key }]) => [service, key.kid]),
    );
  });

  it('are the same for two processes that start at once', async () => {
    const made = await Promise.all([ensure(), ensure(), ensure()]);
    expect(new Set(made.map(({ accessTokenKey }) => accessTokenKey.kid)).size).toBe(1);
    expect(await readdir(join(directory, 'keys'))).toHaveLength(4);
  });

  it('can be read at any moment, also while they are made sure of again', async () => {
    const { serviceJwksFile } = await ensure();
    let running = true;
    const again = Promise.all(Array.from({ length: 20 }, ensure)).finally(() => (running = false));
    while (running) expect(parseJwks(await readFile(serviceJwksFile, 'utf8')).keys).toHaveLength(2);
    await again;
  });

  it('are never overwritten: a damaged file is reported and stays', async () => {
    const { accessTokenKeyFile } = await ensure();
    await writeFile(accessTokenKeyFile, 'damaged');
    await expect(ensure()).rejects.toThrow(KeyError);
    await expect(ensure()).rejects.toThrow('access-token.key.json');
    expect(await readFile(accessTokenKeyFile, 'utf8')).toBe('damaged');
  });
});

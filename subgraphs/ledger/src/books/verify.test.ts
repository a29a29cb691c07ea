import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureKeys, generateSigningKey } from '@paygraph/auth';
import { expect, it } from 'vitest';
import { signHead } from '../heads/head.ts';
import { publishHead } from '../heads/signer.ts';
import { openTestLedger } from '../testing/fixture.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

/** Programs take their time to start where much else is running. */
const programTimeoutMs = 120_000;

const verify = (env: Record<string, string>, ...options: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile(
      process.execPath,
      ['--import', 'tsx', program, ...options],
      { env: { PATH: process.env.PATH, ...env } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );

it(
  'ledger:verify tells sound books from broken ones, by words and by exit code',
  async () => {
    const ledger = await openTestLedger();
    const env = { LEDGER_DATABASE_URL: ledger.databaseUrl };
    const walletId = await ledger.openWallet({ funds: 1000n });
    expect(await verify(env)).toMatchObject({ code: 0, stdout: expect.stringContaining('The books are sound.') });

    const owner = ledger.asOwner();
    const add = (cents: number) =>
      owner.$transaction([
        owner.$executeRawUnsafe('ALTER TABLE account DISABLE TRIGGER USER'),
        owner.$executeRaw`UPDATE account SET credits_posted = credits_posted + ${cents} WHERE wallet_id = ${walletId}`,
        owner.$executeRawUnsafe('ALTER TABLE account ENABLE TRIGGER USER'),
      ]);
    await add(5);
    expect(await verify(env)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('The books are broken.'),
      stderr: `FAULT the counters of ${walletId} are not the sums of its entries\n`,
    });
    await add(-5);
    await ledger.close();

    expect(await verify({})).toMatchObject({ code: 1, stderr: expect.stringContaining('LEDGER_DATABASE_URL') });
  },
  programTimeoutMs,
);

it(
  'ledger:verify checks the signed heads of the books, and those that were kept in a file',
  async () => {
    const ledger = await openTestLedger();
    const directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-heads-'));
    const { serviceKeys, serviceJwksFile } = await ensureKeys({ directory, services: ['ledger'] });
    const key = serviceKeys.get('ledger')?.key ?? generateSigningKey();
    await ledger.openWallet({ funds: 1000n });
    const head = await publishHead(ledger.database, key);
    const file = async (name: string, text: string) => {
      await writeFile(path.join(directory, name), text);
      return path.join(directory, name);
    };
    const forged = signHead(key, { sequence: 1n, hash: '00'.repeat(32), previous: null, signedAt: new Date() });
    const kept = await file('kept', `a line\n{"ledgerHead":"${head?.statement}"}\n`);
    const env = { LEDGER_DATABASE_URL: ledger.databaseUrl, SERVICE_JWKS_FILE: serviceJwksFile };
    const [sound, broken, empty, keyless] = await Promise.all([
      verify(env, '--heads', kept),
      verify(env, '--heads', await file('foreign', forged)),
      verify(env, '--heads', await file('empty', 'a line\n')),
      verify({ LEDGER_DATABASE_URL: ledger.databaseUrl }, '--heads', kept),
    ]);
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toContain(`${kept}: 1 signed heads that stand on the chain`);
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('is not on the chain') });
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no signed head') });
    expect(keyless).toMatchObject({ code: 1, stderr: expect.stringContaining('SERVICE_JWKS_FILE') });
    await rm(directory, { recursive: true });
    await ledger.close();
  },
  programTimeoutMs,
);

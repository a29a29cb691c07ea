import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../testing/index.ts';

// A process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyDatabase('forex');
});
afterEach(() => database.drop());

/** `npm run migrate` with these variables. */
const run = (env: Record<string, string>) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const file = fileURLToPath(new URL('./apply.ts', import.meta.url));
    const all = { ...process.env, NODE_NO_WARNINGS: '1', LOG_LEVEL: 'info', ...env };
    execFile(process.execPath, ['--import', 'tsx', file], { env: all }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

describe('npm run migrate', () => {
  it('brings the databases up to date whose addresses are set, and says what it did', async () => {
    const first = await run({ FOREX_MIGRATION_URL: database.migrationUrl });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/"database":"forex","applied":[1-9]/);
    const again = await run({ FOREX_MIGRATION_URL: database.migrationUrl });
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('"database":"forex","applied":0')]);
  });

  it.each([
    ['nothing is to be migrated', {}, 'Set <NAME>_MIGRATION_URL'],
    ['a database is away', { RISK_MIGRATION_URL: 'postgresql://risk_owner@127.0.0.1:1/risk' }, '127.0.0.1:1'],
  ])('fails when %s, in one line', async (_what, env, message) => {
    const { code, stderr } = await run({ RISK_MIGRATION_URL: '', FOREX_MIGRATION_URL: '', ...env });
    expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringContaining(message)]]);
  });
});

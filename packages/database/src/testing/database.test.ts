import { expect, it } from 'vitest';
import { createTestDatabase, query } from './index.ts';

it('gives a test a database of its own, which the service may enter but not change', async () => {
  const one = await createTestDatabase('ledger');
  const other = await createTestDatabase('ledger');
  await query(one.migrationUrl, 'CREATE TABLE only_here ()');
  await expect(query(other.migrationUrl, 'TABLE only_here')).rejects.toThrow('does not exist');
  await expect(query(one.databaseUrl, 'CREATE TABLE mine ()')).rejects.toThrow('permission denied');
  expect(await query(one.databaseUrl, "SELECT current_setting('transaction_timeout') AS timeout")).toEqual([
    { timeout: '10s' },
  ]);
  await one.drop();
  await other.drop();
  await expect(query(one.databaseUrl, 'SELECT 1')).rejects.toThrow('does not exist');
});

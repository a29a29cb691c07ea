import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminUrl } from './embedded/connection.ts';
import { query, startTestCluster, type TestCluster } from './testing/index.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster([]);
});

afterAll(() => cluster.stop());

/** What makes a cluster safe: who may connect where and make what, and which limits services run under. */
const state = () =>
  query(
    adminUrl(cluster.address),
    `SELECT datname, pg_get_userbyid(datdba) AS owner, datacl::text, rolname, rolconfig::text, rolsuper, rolcreatedb, rolcreaterole
     FROM pg_database, pg_roles WHERE datname = 'ledger' AND rolname IN ('ledger_owner', 'ledger_service') ORDER BY rolname`,
  );

describe('provisioning', () => {
  it('lets nobody but its own two roles into a database, and only the owner make tables', async () => {
    expect(await state()).toEqual([
      expect.objectContaining({ rolname: 'ledger_owner', owner: 'ledger_owner', rolconfig: null }),
      expect.objectContaining({
        rolname: 'ledger_service',
        datacl: '{ledger_owner=CTc/ledger_owner,ledger_service=c/ledger_owner}',
        rolconfig: '{transaction_timeout=10s,idle_in_transaction_session_timeout=10s}',
        rolsuper: false,
        rolcreatedb: false,
        rolcreaterole: false,
      }),
    ]);
  });

  const hasPsql = spawnSync('psql', ['--version']).status === 0;
  it.runIf(hasPsql)('comes to the same by psql, and sets the passwords it is given', async () => {
    const embedded = await state();
    const script = fileURLToPath(new URL('../../../deploy/postgres/init.sh', import.meta.url));
    const { port, password } = new URL(adminUrl(cluster.address));
    const server = { PGHOST: '127.0.0.1', PGPORT: port, PGPASSWORD: password };
    execFileSync(script, { env: { ...process.env, ...server, OWNER_PASSWORD: 'first', SERVICE_PASSWORD: 'second' } });
    expect(await state()).toEqual(embedded);
    const who = 'SELECT current_user';
    expect(await query(`postgresql://ledger_owner:first@127.0.0.1:${port}/ledger`, who)).toEqual([
      { current_user: 'ledger_owner' },
    ]);
    expect(await query(`postgresql://ledger_service:second@127.0.0.1:${port}/ledger`, who)).toEqual([
      { current_user: 'ledger_service' },
    ]);
  });

  it.runIf(hasPsql)("is not begun by init.sql alone, which PostgreSQL's image runs too", async () => {
    const before = await state();
    const sql = fileURLToPath(new URL('../../../deploy/postgres/init.sql', import.meta.url));
    execFileSync('psql', ['--set=ON_ERROR_STOP=1', '--no-psqlrc', `--file=${sql}`, adminUrl(cluster.address)]);
    expect(await state()).toEqual(before);
  });
});

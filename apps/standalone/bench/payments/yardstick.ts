import pg from 'pg';

/** Branches, tellers and accounts as TPC-B has them at scale 10. */
const branches = 10;
const tellers = branches * 10;
const accounts = branches * 100_000;

const schema = `
  CREATE TABLE branch (id integer PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
  CREATE TABLE teller (id integer PRIMARY KEY, branch_id integer NOT NULL, balance bigint NOT NULL) WITH (fillfactor = 50);
  CREATE TABLE account (id integer PRIMARY KEY, branch_id integer NOT NULL, balance bigint NOT NULL) WITH (fillfactor = 90);
  CREATE TABLE history (
    teller_id integer NOT NULL, branch_id integer NOT NULL, account_id integer NOT NULL, delta integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
  );
  INSERT INTO branch SELECT n, 0 FROM generate_series(1, ${branches}) AS n;
  INSERT INTO teller SELECT n, 1 + (n - 1) / 10, 0 FROM generate_series(1, ${tellers}) AS n;
  INSERT INTO account SELECT n, 1 + (n - 1) / 100000, 0 FROM generate_series(1, ${accounts}) AS n;
`;

const upTo = (most: number) => 1 + Math.floor(Math.random() * most);

/**
 * The work of TPC-B, written by hand: one SQL transaction of five prepared statements on a connection per client.
 *
 * @param url of the owner of a database; the tables have a schema of their own
 */
export async function createYardstick(url: string, clients: number) {
  const owner = new pg.Client(url);
  await owner.connect();
  await owner.query(`CREATE SCHEMA tpcb; SET search_path = tpcb; ${schema}`);
  await owner.query('VACUUM ANALYZE tpcb.branch, tpcb.teller, tpcb.account');
  await owner.end();
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ connectionString: url, options: '-c search_path=tpcb' });
      await client.connect();
      return client;
    }),
  );
  const transact = async (number: number) => {
    const client = connections[number];
    if (!client) throw new Error(`There is no client ${number}`);
    const [branch, teller, account, delta] = [upTo(branches), upTo(tellers), upTo(accounts), upTo(10_000) - 5_000];
    await client.query({ name: 'begin', text: 'BEGIN' });
    await client.query({
      name: 'account',
      text: 'UPDATE account SET balance = balance + $2 WHERE id = $1',
      values: [account, delta],
    });
    await client.query({ name: 'balance', text: 'SELECT balance FROM account WHERE id = $1', values: [account] });
    await client.query({
      name: 'teller',
      text: 'UPDATE teller SET balance = balance + $2 WHERE id = $1',
      values: [teller, delta],
    });
    await client.query({
      name: 'branch',
      text: 'UPDATE branch SET balance = balance + $2 WHERE id = $1',
      values: [branch, delta],
    });
    await client.query({
      name: 'history',
      text: 'INSERT INTO history (teller_id, branch_id, account_id, delta) VALUES ($1, $2, $3, $4)',
      values: [teller, branch, account, delta],
    });
    await client.query({ name: 'commit', text: 'COMMIT' });
  };
  return { transact, close: () => Promise.all(connections.map((client) => client.end())) };
}

import { newId } from '@paygraph/ids';
import pg from 'pg';
import { accountCount, type Transfer } from './workloads.ts';

const schema = `
  CREATE TABLE naive_account (
    id      integer PRIMARY KEY,
    balance bigint  NOT NULL CHECK (balance >= 0)
  ) WITH (fillfactor = 70);
  CREATE TABLE naive_transfer (id text PRIMARY KEY, reference text NOT NULL, posted_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE naive_entry (
    transfer_id text    NOT NULL,
    account_id  integer NOT NULL,
    amount      bigint  NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (transfer_id, account_id)
  );
  INSERT INTO naive_account SELECT n, 1000000000000 FROM generate_series(0, ${accountCount - 1}) AS n;
  ANALYZE naive_account;
`;

/** @param url of an empty database and a role that owns it */
export async function createNaiveSchema(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(schema);
  await client.end();
}

/**
 * The usual design, written well: one SQL transaction per transfer, rows locked in the order of their ids, prepared
 * statements, tables with nothing but primary keys and checks.
 */
export function createNaive(url: string, poolSize: number) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  pool.on('error', () => {}); // the server may stop before its idle connections are closed
  const transfer = async ({ from, to }: Transfer) => {
    const id = newId('txn');
    const client = await pool.connect();
    try {
      await client.query({ name: 'begin', text: 'BEGIN' });
      const { rows } = await client.query<{ id: number; balance: string }>({
        name: 'lock',
        text: 'SELECT id, balance FROM naive_account WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE',
        values: [from, to],
      });
      const funds = rows.find((row) => row.id === from)?.balance;
      if (funds === undefined || BigInt(funds) < 1n) throw new Error('No funds');
      await client.query({
        name: 'transfer',
        text: 'INSERT INTO naive_transfer (id, reference) VALUES ($1, $2)',
        values: [id, 'bench'],
      });
      await client.query({
        name: 'entries',
        text: 'INSERT INTO naive_entry (transfer_id, account_id, amount) VALUES ($1, $2, -1), ($1, $3, 1)',
        values: [id, from, to],
      });
      await client.query({
        name: 'balances',
        text: 'UPDATE naive_account SET balance = balance + CASE id WHEN $1 THEN -1 ELSE 1 END WHERE id IN ($1, $2)',
        values: [from, to],
      });
      await client.query({ name: 'commit', text: 'COMMIT' });
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
  return { transfer, close: () => pool.end() };
}

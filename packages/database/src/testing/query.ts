import pg from 'pg';

/** Runs one statement, or a script without parameters, on a connection of its own, and returns its rows. */
export async function query(url: string, sql: string, values?: unknown[]): Promise<unknown[]> {
  const client = new pg.Client(url);
  // A server that is killed meanwhile rejects the statement too.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

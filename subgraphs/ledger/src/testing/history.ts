import pg from 'pg';

/** A ledger's past, made up. */
export interface Filled {
  readonly accountIds: readonly string[];
  /** Has a tenth of all entries. */
  readonly hotAccountId: string;
  readonly from: Date;
  readonly until: Date;
}

const days = 365;

/**
 * Writes about so many entries of the last year, straight into the tables and behind their triggers: every account is
 * credited one minor unit at a time, at even distances, so that each entry's balance is its version. Only what reads of
 * entries look at is there: no transactions and no chain.
 */
export async function fillHistory(migrationUrl: string, entries: number, accountCount = 9_000): Promise<Filled> {
  const client = new pg.Client(migrationUrl);
  await client.connect();
  try {
    await client.query("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET timezone = 'UTC'");
    await createPastMonths(client);
    for (const table of ['account', 'entry']) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO account (address, purpose, currency, wallet_id, owner_id, normal_balance, floor)
       SELECT wallet, 'WALLET', 'USD', wallet, 'cus_' || n, 'CREDIT', 0
       FROM generate_series(0, $1::integer) AS n CROSS JOIN LATERAL (SELECT 'wal_' || md5(n::text) AS wallet) AS named
       RETURNING id`,
      [accountCount],
    );
    const [hotAccountId = '', ...accountIds] = rows.map(({ id }) => id);
    const key = await dropKey(client);
    const until = new Date();
    const from = new Date(until.getTime() - days * 86_400_000);
    await insertEntries(client, [hotAccountId], Math.floor(entries / 10), from);
    await insertEntries(client, accountIds, Math.floor((entries * 0.9) / accountCount), from);
    await client.query(`ALTER TABLE entry ADD CONSTRAINT entry_pkey ${key}`);
    await client.query('VACUUM (ANALYZE) entry');
    return { accountIds, hotAccountId, from, until };
  } finally {
    await client.end();
  }
}

/** An index is made of many rows far faster than it takes them one by one. Answers how to make it again. */
async function dropKey(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conname = 'entry_pkey' AND conrelid = 'entry'::regclass`,
  );
  const [key] = rows;
  if (!key) throw new Error('Entries have no key');
  await client.query('ALTER TABLE entry DROP CONSTRAINT entry_pkey');
  return key.definition;
}

/** In the order of time, as a ledger comes to have them. */
async function insertEntries(client: pg.Client, accountIds: readonly string[], each: number, from: Date) {
  await client.query(
    `INSERT INTO entry (account_id, posted_at, version, transaction_id, position, direction, amount, balance)
     SELECT account_id, $3::timestamptz + version * (interval '${days} days' / $2::integer) - interval '1 second', version,
       'txn_' || md5(version::text), 1, 'CREDIT', 1, version
     FROM generate_series(1, $2::integer) AS version CROSS JOIN unnest($1::text[]) AS account_id`,
    [accountIds, each, from],
  );
}

/** Partitions for the months that the ledger has slept through. */
async function createPastMonths(client: pg.Client): Promise<void> {
  await client.query(`DO $$
    DECLARE month timestamptz;
    BEGIN
      FOR ago IN 1 .. 13 LOOP
        month := date_trunc('month', now()) - make_interval(months => ago);
        EXECUTE format('CREATE TABLE history.%I PARTITION OF entry FOR VALUES FROM (%L) TO (%L)',
          'entry_' || to_char(month, 'YYYY_MM'), month, month + interval '1 month');
      END LOOP;
    END $$`);
}

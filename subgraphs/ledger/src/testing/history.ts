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
 * entries look at is there: transactions are hardly more than their ids, and there is no chain.
 */
export async function fillHistory(migrationUrl: string, entries: number, accountCount = 9_000): Promise<Filled> {
  const client = new pg.Client(migrationUrl);
  await client.connect();
  try {
    await client.query("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET timezone = 'UTC'");
    await createPastMonths(client);
    const until = new Date();
    const from = new Date(until.getTime() - days * 86_400_000);
    for (const table of ['account', 'transaction', 'entry', 'ledger_head'])
      await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    const { rows } = await client.query<{ id: string; number: string }>(
      `INSERT INTO account (address, purpose, currency, wallet_id, owner_id, normal_balance, floor, created_at)
       SELECT wallet, 'WALLET', 'USD', wallet, 'cus_' || n, 'CREDIT', 0, $2
       FROM generate_series(0, $1::integer) AS n CROSS JOIN LATERAL (SELECT 'wal_' || md5(n::text) AS wallet) AS named
       RETURNING id, number`,
      [accountCount, from],
    );
    const [hotAccountId = '', ...accountIds] = rows.map(({ id }) => id);
    const [hotNumber = '', ...numbers] = rows.map(({ number }) => number);
    const key = await dropKey(client);
    const hot = Math.floor(entries / 10);
    const each = Math.floor((entries * 0.9) / accountCount);
    // Sequences in the order of time: how many of the other series come before.
    await insertEntries(client, [hotNumber], hot, from, `version + ceil(version * ${each} / ${hot}.0) - 1`);
    await insertEntries(client, numbers, each, from, `version + floor(version * ${hot} / ${each}.0)`);
    await client.query('UPDATE ledger_head SET sequence = (SELECT max(sequence) FROM transaction)');
    await client.query(`ALTER TABLE entry ADD CONSTRAINT entry_pkey ${key}`);
    await client.query('VACUUM (ANALYZE) entry, transaction, account');
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
async function insertEntries(
  client: pg.Client,
  accountNumbers: readonly string[],
  each: number,
  from: Date,
  sequence: string,
) {
  const placed = `
    SELECT ${sequence} AS sequence, version,
      $2::timestamptz + version * (interval '${days} days' / $1::integer) - interval '1 second' AS posted_at
    FROM generate_series(1, $1::integer) AS version`;
  await client.query(
    `WITH placed AS MATERIALIZED (${placed}), written AS (
       INSERT INTO transaction (
         sequence, posted_at, id, kind, reference, fingerprint, account_numbers, directions, amounts, effective_at, metadata
       )
       SELECT sequence, posted_at, 'txn_' || md5(sequence::text), 'TRANSFER', 'history', '', '{1,2}', '{DEBIT,CREDIT}', '{1,1}',
         posted_at, '{}'
       FROM placed
     )
     INSERT INTO entry (account_number, posted_at, version, sequence, position, direction, amount, balance)
     SELECT account_number, posted_at, version, sequence, 1, 'CREDIT', 1, version
     FROM placed CROSS JOIN unnest($3::bigint[]) AS account_number`,
    [each, from, accountNumbers],
  );
}

/** Partitions for the months that the ledger has slept through. */
async function createPastMonths(client: pg.Client): Promise<void> {
  await client.query(`DO $$
    DECLARE month timestamptz; name text;
    BEGIN
      FOR ago IN 1 .. 13 LOOP
        month := date_trunc('month', now()) - make_interval(months => ago);
        FOREACH name IN ARRAY ARRAY['transaction', 'entry'] LOOP
          EXECUTE format('CREATE TABLE history.%I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
            name || to_char(month, '_YYYY_MM'), name, month, month + interval '1 month');
        END LOOP;
      END LOOP;
    END $$`);
}

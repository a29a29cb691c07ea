import pg from 'pg';

const atOnce = 20_000;

/** The owner's own SQL, through all triggers: one unit from one wallet to another, spread over all of them. */
const fillSql = `
  WITH wallet AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS size FROM account WHERE purpose = 'WALLET'
  ), head AS (
    SELECT sequence, greatest(clock_timestamp(), posted_at) AS posted_at FROM ledger_head
  )
  INSERT INTO transaction (
    sequence, posted_at, id, kind, reference, fingerprint, account_ids, directions, amounts, effective_at, metadata
  )
  SELECT head.sequence + n, head.posted_at + n * interval '1 microsecond', 'txn_' || replace(uuidv7()::text, '-', ''),
    'TRANSFER', 'history', sha256(convert_to(n::text, 'UTF8')), ARRAY[payer.id, payee.id], '{DEBIT,CREDIT}', '{1,1}',
    head.posted_at, '{}'
  FROM head
  CROSS JOIN generate_series(1, $1::integer) AS n
  JOIN wallet AS payer ON payer.place = (head.sequence + n * 7919) % payer.size
  JOIN wallet AS payee ON payee.place = (head.sequence + n * 7919 + 1 + n % 97) % payee.size`;

/** Posts transactions until there are so many more entries. */
export async function fillHistory(migrationUrl: string, entries: number): Promise<void> {
  const owner = new pg.Client(migrationUrl);
  await owner.connect();
  for (let left = Math.ceil(entries / 2); left > 0; left -= atOnce)
    await owner.query(fillSql, [Math.min(left, atOnce)]);
  await owner.query('ANALYZE');
  await owner.end();
}

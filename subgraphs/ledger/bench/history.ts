import pg from 'pg';

const atOnce = 250;

/** The owner's own SQL, through all triggers: one unit from one wallet to another, spread over all of them. */
const fillSql = `
  WITH wallet AS MATERIALIZED (
    SELECT array_agg(number) AS numbers, count(*)::integer AS size
    FROM (SELECT number FROM account WHERE purpose = 'WALLET' ORDER BY random() LIMIT ${atOnce}) AS picked
  ), line AS (
    SELECT n, side, 1 + (n * 7919 + side * (1 + n % 97)) % size AS slot
    FROM (SELECT size FROM wallet) AS wallet
    CROSS JOIN generate_series(1, $1::integer) AS n CROSS JOIN generate_series(0, 1) AS side
  )
  INSERT INTO posting (account_numbers, ids, fingerprints, kinds, "references", sizes, slots, directions, amounts)
  SELECT (SELECT numbers FROM wallet),
    array_agg('txn_' || replace(uuidv7()::text, '-', '')) FILTER (WHERE side = 0),
    array_agg(sha256(convert_to(n::text, 'UTF8'))) FILTER (WHERE side = 0),
    array_agg('TRANSFER'::transaction_kind) FILTER (WHERE side = 0),
    array_agg(text 'history') FILTER (WHERE side = 0), array_agg(2) FILTER (WHERE side = 0),
    array_agg(slot ORDER BY n, side),
    array_agg(CASE side WHEN 0 THEN 'DEBIT' ELSE 'CREDIT' END::entry_direction ORDER BY n, side),
    array_agg(1::bigint ORDER BY n, side)
  FROM line`;

/** Posts transactions until there are so many more entries. */
export async function fillHistory(migrationUrl: string, entries: number): Promise<void> {
  const owner = new pg.Client(migrationUrl);
  await owner.connect();
  for (let left = Math.ceil(entries / 2); left > 0; left -= atOnce)
    await owner.query(fillSql, [Math.min(left, atOnce)]);
  await owner.query('ANALYZE');
  await owner.end();
}

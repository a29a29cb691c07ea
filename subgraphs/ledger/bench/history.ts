import pg from 'pg';

const atOnce = 2_000;

/** The owner's own SQL, through all triggers: one unit from one wallet to another, spread over all of them. */
const fillSql = `
  INSERT INTO posting (account_numbers, ids, fingerprints, kinds, "references", sizes, slots, directions, amounts)
  SELECT numbers,
    array_agg('txn_' || replace(uuidv7()::text, '-', '')) FILTER (WHERE side = 0),
    array_agg(sha256(convert_to(n::text, 'UTF8'))) FILTER (WHERE side = 0),
    array_agg('TRANSFER'::transaction_kind) FILTER (WHERE side = 0),
    array_agg('history') FILTER (WHERE side = 0), array_agg(2) FILTER (WHERE side = 0),
    array_agg(1 + (n * 7919 + side * (1 + n % 97)) % cardinality(numbers) ORDER BY n, side),
    array_agg(CASE side WHEN 0 THEN 'DEBIT' ELSE 'CREDIT' END::entry_direction ORDER BY n, side),
    array_agg(1::bigint ORDER BY n, side)
  FROM (SELECT array_agg(number) AS numbers FROM account WHERE purpose = 'WALLET') AS wallet
  CROSS JOIN generate_series(1, $1::integer) AS n CROSS JOIN generate_series(0, 1) AS side
  GROUP BY numbers`;

/** Posts transactions until there are so many more entries. */
export async function fillHistory(migrationUrl: string, entries: number): Promise<void> {
  const owner = new pg.Client(migrationUrl);
  await owner.connect();
  for (let left = Math.ceil(entries / 2); left > 0; left -= atOnce)
    await owner.query(fillSql, [Math.min(left, atOnce)]);
  await owner.query('ANALYZE');
  await owner.end();
}

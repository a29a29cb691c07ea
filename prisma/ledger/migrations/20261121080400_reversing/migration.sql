-- Reversals: transactions that take back another one, wholly or in parts, never more than it moved.

-- What can still be taken back of a transaction: its entries with the sides swapped, less those of its reversals.
CREATE FUNCTION reversible(original text)
RETURNS TABLE (account_number bigint, direction entry_direction, place bigint, remaining numeric)
LANGUAGE sql STABLE AS $$
  SELECT account_number, direction, min(place), sum(amount) FROM (
    SELECT entry.account_number, CASE entry.direction WHEN 'DEBIT' THEN 'CREDIT'::entry_direction ELSE 'DEBIT' END AS direction,
      entry.place, entry.amount
    FROM idempotency_key AS key JOIN transaction USING (sequence, posted_at)
    CROSS JOIN LATERAL unnest(account_numbers, directions, amounts) WITH ORDINALITY AS entry (account_number, direction, amount, place)
    WHERE key.id = original
    UNION ALL
    SELECT entry.account_number, entry.direction, NULL, -entry.amount
    FROM transaction CROSS JOIN LATERAL unnest(account_numbers, directions, amounts) AS entry (account_number, direction, amount)
    WHERE transaction.reverses = original
  ) AS moved
  GROUP BY account_number, direction
$$;

-- A batch of reversals as the transactions they post: with the originals' references and, where an item names no entries,
-- all of which something can still be taken back. Says too why items cannot be reversals of what they name.
CREATE FUNCTION as_reversals(
  INOUT batch batch, OUT account_numbers bigint[], OUT codes ledger_error_code[], OUT excessive integer[]
)
LANGUAGE plpgsql AS $$
DECLARE
  named bigint[] := known_accounts(batch);
  lines record;
BEGIN
  SELECT array_agg(original.reference ORDER BY place), array_agg('REVERSAL'::transaction_kind),
    array_agg(CASE
      WHEN original.id IS NULL THEN 'TRANSACTION_NOT_FOUND'
      WHEN excess.slot IS NOT NULL OR size = 0 AND NOT EXISTS (SELECT FROM reversible(target) WHERE remaining > 0)
        THEN 'EXCEEDS_ORIGINAL'
    END::ledger_error_code ORDER BY place),
    array_agg(excess.slot ORDER BY place)
  INTO batch."references", batch.kinds, codes, excessive
  FROM unnest(batch.targets, batch.sizes, ends_of(batch.sizes)) WITH ORDINALITY AS item (target, size, last, place)
  LEFT JOIN LATERAL (
    SELECT transaction.id, reference FROM idempotency_key AS key JOIN transaction USING (sequence, posted_at)
    WHERE key.id = target
  ) AS original ON true
  LEFT JOIN LATERAL (
    SELECT batch.slots[n] AS slot FROM generate_series(last - size + 1, last) AS n
    WHERE NOT EXISTS (
      SELECT FROM reversible(target) AS open
      WHERE open.account_number = named[batch.slots[n]] AND open.direction = batch.directions[n]
        AND open.remaining >= batch.amounts[n]
    )
    ORDER BY n LIMIT 1
  ) AS excess ON original.id IS NOT NULL;

  WITH line AS MATERIALIZED (
    SELECT place, n AS position, named[batch.slots[n]] AS account_number, batch.directions[n] AS direction,
      batch.amounts[n] AS amount
    FROM unnest(batch.sizes, ends_of(batch.sizes)) WITH ORDINALITY AS item (size, last, place)
    CROSS JOIN LATERAL generate_series(last - size + 1, last) AS n
    WHERE codes[place] IS NULL
    UNION ALL
    SELECT item.place, open.place, open.account_number, open.direction, open.remaining
    FROM unnest(batch.targets, batch.sizes) WITH ORDINALITY AS item (target, size, place)
    CROSS JOIN LATERAL reversible(target) AS open
    WHERE size = 0 AND codes[item.place] IS NULL AND open.remaining > 0
  )
  SELECT array_agg(account_number ORDER BY place, position) AS account_numbers,
    array_agg(direction ORDER BY place, position) AS directions,
    array_agg(amount::bigint ORDER BY place, position) AS amounts,
    ARRAY(
      SELECT count(line.place)::integer
      FROM generate_series(1, cardinality(batch.ids)) AS item (place) LEFT JOIN line ON line.place = item.place
      GROUP BY item.place ORDER BY item.place
    ) AS sizes
  INTO lines
  FROM line;

  SELECT array_agg(account.number), array_agg(account.address), array_agg(account.currency)
  INTO account_numbers, batch.addresses, batch.currencies
  FROM (SELECT DISTINCT number FROM unnest(lines.account_numbers) AS number) AS touched
  JOIN account ON account.number = touched.number;
  batch.slots := ARRAY(
    SELECT array_position(account_numbers, number) FROM unnest(lines.account_numbers) WITH ORDINALITY AS line (number, n) ORDER BY n
  );
  batch.sizes := lines.sizes;
  batch.directions := lines.directions;
  batch.amounts := lines.amounts;
END
$$;

-- The last word on reversals, when they have been posted.
CREATE FUNCTION refuse_excessive_reversals(ids text[], reverses text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  fault text;
BEGIN
  SELECT id INTO fault FROM unnest(ids, reverses) AS item (id, original)
  WHERE original IS NOT NULL AND EXISTS (SELECT FROM reversible(original) WHERE remaining < 0) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '% takes back more than was moved', fault USING ERRCODE = 'integrity_constraint_violation';
  END IF;
END
$$;

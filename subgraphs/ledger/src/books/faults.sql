-- Every fault of the books in words; no row when they are sound. One statement, which is one snapshot.
WITH posted AS (
  SELECT account_number, count(*) AS entries,
    coalesce(sum(amount) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
    coalesce(sum(amount) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
  FROM entry GROUP BY account_number
), part AS (
  SELECT id AS reservation_id, state, part.*
  FROM reservation CROSS JOIN LATERAL unnest(account_numbers, directions, amounts, remaining)
    AS part (account_number, direction, amount, remaining)
), held AS (
  SELECT account_number,
    coalesce(sum(remaining) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
    coalesce(sum(remaining) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
  FROM part GROUP BY account_number
), leg AS (
  SELECT id AS transaction_id, sequence, posted_at, reservation_id, reverses, leg.*
  FROM transaction CROSS JOIN LATERAL unnest(account_numbers, directions, amounts) WITH ORDINALITY
    AS leg (account_number, direction, amount, position)
), history AS (
  SELECT entry.*, account.currency,
    row_number() OVER versions AS next_version,
    sum(CASE direction WHEN normal_balance THEN amount ELSE -amount END) OVER versions AS next_balance
  FROM entry LEFT JOIN account ON account.number = entry.account_number
  WINDOW versions AS (PARTITION BY account_number ORDER BY entry.version)
), captured AS (
  SELECT reservation_id, account_number, direction, sum(amount) AS amount
  FROM leg WHERE reservation_id IS NOT NULL
  GROUP BY reservation_id, account_number, direction
)
SELECT 'debits and credits of transaction ' || sequence || ' differ in ' || currency AS fault
FROM history GROUP BY sequence, currency
HAVING sum(CASE direction WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0

UNION ALL
SELECT coalesce(leg.transaction_id, 'transaction ' || sequence) || ' does not have the entries it was written with'
FROM leg FULL JOIN entry USING (sequence, posted_at, position, account_number, direction, amount)
WHERE leg.transaction_id IS NULL OR entry.version IS NULL

UNION ALL
SELECT coalesce(transaction.id, key.id) || ' is not known by its id, or not for what it is'
FROM transaction FULL JOIN idempotency_key AS key USING (id, fingerprint, sequence, posted_at)
WHERE transaction.kind IS NULL OR key.id IS NULL

UNION ALL
SELECT id || ' does not follow the transaction before it'
FROM (
  SELECT id, sequence, row_number() OVER numbers AS next_sequence, posted_at, lag(posted_at) OVER numbers AS last_posted_at
  FROM transaction WINDOW numbers AS (ORDER BY sequence)
) AS numbered
WHERE sequence <> next_sequence OR posted_at <= last_posted_at

UNION ALL
SELECT 'the head is not at the last transaction'
FROM ledger_head
WHERE (sequence, posted_at) <> (SELECT count(*), coalesce(max(posted_at), '-infinity') FROM transaction)

UNION ALL
SELECT 'entry ' || version || ' of account ' || account_number || ' does not follow the one before it'
FROM history WHERE version <> next_version OR balance IS DISTINCT FROM next_balance

UNION ALL
SELECT 'the counters of ' || address || ' are not the sums of its entries'
FROM account LEFT JOIN posted ON posted.account_number = account.number
WHERE (account.version, debits_posted, credits_posted)
  <> (coalesce(posted.entries, 0), coalesce(posted.debits, 0), coalesce(posted.credits, 0))

UNION ALL
SELECT 'what is pending on ' || address || ' is not what its reservations hold'
FROM account LEFT JOIN held ON held.account_number = account.number
WHERE (debits_pending, credits_pending) <> (coalesce(held.debits, 0), coalesce(held.credits, 0))

UNION ALL
SELECT address || ' is below its floor'
FROM account WHERE credits_posted::numeric - debits_posted - debits_pending < floor

UNION ALL
SELECT reservation_id || ' is ' || state || ' and holds ' || sum(remaining)
FROM part GROUP BY reservation_id, state HAVING (state = 'RESERVED') <> (sum(remaining) > 0)

UNION ALL
SELECT reservation_id || ' was captured for ' || coalesce(captured.amount, 0) || ' of ' || part.amount || ' on account '
  || account_number || ' and holds ' || remaining
FROM part LEFT JOIN captured USING (reservation_id, account_number, direction)
WHERE coalesce(captured.amount, 0) + remaining > part.amount
  OR state = 'RESERVED' AND coalesce(captured.amount, 0) + remaining <> part.amount

UNION ALL
SELECT reservation_id || ' was captured for ' || captured.amount || ' on account ' || account_number || ', which it never held'
FROM captured LEFT JOIN part USING (reservation_id, account_number, direction)
WHERE part.amount IS NULL

UNION ALL
SELECT transaction_id || ' was taken back for ' || taken.amount || ' of ' || coalesce(moved.amount, 0) || ' on account ' || account_number
FROM (
  SELECT reverses AS transaction_id, account_number, direction, sum(amount) AS amount
  FROM leg WHERE reverses IS NOT NULL
  GROUP BY reverses, account_number, direction
) AS taken
LEFT JOIN (
  SELECT transaction_id, account_number, amount, CASE direction WHEN 'DEBIT' THEN 'CREDIT'::entry_direction ELSE 'DEBIT' END AS direction
  FROM leg WHERE transaction_id IN (SELECT reverses FROM transaction WHERE reverses IS NOT NULL)
) AS moved USING (transaction_id, account_number, direction)
WHERE taken.amount > coalesce(moved.amount, 0)

UNION ALL
SELECT 'accounts, reservations and signed heads are not what they were made and changed to'
FROM ledger_head WHERE standing <> (
  SELECT coalesce(sum(substr(sha256(convert_to(standing, 'UTF8')), 1, 8)::bigint), 0)
  FROM (
    SELECT ROW(
      id, number, address, purpose, currency, rail, wallet_id, owner_id, normal_balance, floor, ceiling, status,
      created_at
    )::text AS standing
    FROM account
    UNION ALL
    SELECT ROW(
      id, state, kind, reference, fingerprint, account_numbers, directions, amounts, remaining, reserved_at, expires_at,
      resolved_at
    )::text
    FROM reservation
    UNION ALL SELECT signed_head::text FROM signed_head
  ) AS rows
)

UNION ALL
SELECT 'the chart of accounts is not what it was made: ' || coalesce(found.row, made.row)
FROM (SELECT concat_ws(' ', purpose, class, normal_balance, policy, scope) AS row FROM chart_of_accounts) AS found
FULL JOIN (
  VALUES
    ('WALLET LIABILITY CREDIT FLOOR WALLET'), ('PAYOUT_TRANSIT LIABILITY CREDIT FLOOR RAIL'),
    ('SUSPENSE LIABILITY CREDIT FLOOR CURRENCY'), ('FEE_REVENUE INCOME CREDIT UNLIMITED CURRENCY'),
    ('FX_REVENUE INCOME CREDIT UNLIMITED CURRENCY'), ('FX_POSITION POSITION CREDIT UNLIMITED CURRENCY'),
    ('RAIL_CLEARING ASSET DEBIT UNLIMITED RAIL'), ('RAIL_COST EXPENSE DEBIT UNLIMITED RAIL'),
    ('SETTLEMENT ASSET DEBIT UNLIMITED CURRENCY')
) AS made (row) ON made.row = found.row
WHERE found.row IS NULL OR made.row IS NULL

-- Every fault of the books in words; no row when they are sound. One statement, which is one snapshot. Entries go on from what
-- months that were detached carried forward. Faults come in the order of the parts, in each by its place, so that a row that is
-- not what was sealed comes before all that follows from it.
WITH posted AS (
  SELECT account_number, sum(entries) AS entries, sum(debits) AS debits, sum(credits) AS credits
  FROM (
    SELECT account_number, version AS entries, debits, credits FROM carried_forward
    UNION ALL
    SELECT account_number, count(*),
      coalesce(sum(amount) FILTER (WHERE direction = 'DEBIT'), 0),
      coalesce(sum(amount) FILTER (WHERE direction = 'CREDIT'), 0)
    FROM entry GROUP BY account_number
  ) AS moved
  GROUP BY account_number
), part AS (
  SELECT id AS reservation_id, state, reserved_at, part.*
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
    coalesce(carried.version, 0) + row_number() OVER versions AS next_version,
    coalesce(CASE normal_balance WHEN 'CREDIT' THEN credits - debits ELSE debits - credits END, 0)
      + sum(CASE direction WHEN normal_balance THEN amount ELSE -amount END) OVER versions AS next_balance
  FROM entry LEFT JOIN account ON account.number = entry.account_number
  LEFT JOIN carried_forward AS carried ON carried.account_number = entry.account_number
  WINDOW versions AS (PARTITION BY entry.account_number ORDER BY entry.version)
), captured AS (
  SELECT reservation_id, account_number, direction, sum(amount) AS amount
  FROM leg WHERE reservation_id IS NOT NULL
  GROUP BY reservation_id, account_number, direction
), link AS (
  SELECT number, hash, row_number() OVER numbers AS next_number, sha256(
    coalesce(lag(hash) OVER numbers, decode(repeat('00', 32), 'hex')) || convert_to(ids::text, 'UTF8')
    || (SELECT string_agg(content, '' ORDER BY place) FROM unnest(contents) WITH ORDINALITY AS row (content, place))
  ) AS next_hash
  FROM standing_seal WINDOW numbers AS (ORDER BY number)
), sealed AS ( -- what each row was last made or changed to
  SELECT DISTINCT ON (id) id, number, content
  FROM standing_seal CROSS JOIN LATERAL unnest(ids, contents) AS row (id, content)
  WHERE id IS NOT NULL ORDER BY id, number DESC
), standing AS (
  SELECT id, name, sha256(convert_to(text, 'UTF8')) AS content
  FROM (
    SELECT id, id || ' (' || address || ')' AS name, ROW(
      id, number, address, purpose, currency, rail, wallet_id, owner_id, normal_balance, floor, ceiling, status,
      created_at
    )::text AS text
    FROM account
    UNION ALL
    SELECT id, id, ROW(
      id, state, kind, reference, fingerprint, account_numbers, directions, amounts, remaining, reserved_at, expires_at,
      resolved_at
    )::text
    FROM reservation
    UNION ALL SELECT id, id, text FROM (
      SELECT 'signed_head ' || sequence AS id, signed_head::text AS text FROM signed_head
      UNION ALL SELECT 'carried_forward ' || account_number, carried_forward::text FROM carried_forward
      UNION ALL SELECT 'history_start', history_start::text FROM history_start
      UNION ALL SELECT 'proof', proof::text FROM proof
    ) AS seldom
  ) AS each_row
)
SELECT 1 AS part, number AS place, 'the standing seal ' || number || ' does not follow the one before it' AS fault
FROM link WHERE number <> next_number OR hash IS DISTINCT FROM next_hash

UNION ALL
SELECT 2, 0, 'the head is not at the last standing seal'
FROM ledger_head WHERE (changes, standing) <> (
  SELECT count(*), coalesce((SELECT hash FROM link ORDER BY number DESC LIMIT 1), decode(repeat('00', 32), 'hex')) FROM link
)

UNION ALL
SELECT 3, coalesce(number, 0), CASE
  WHEN standing.id IS NULL THEN sealed.id || ' is gone'
  WHEN sealed.id IS NULL THEN name || ' was never made'
  ELSE name || ' is not what it was made and changed to'
END
FROM sealed FULL JOIN standing ON standing.id = sealed.id WHERE standing.content IS DISTINCT FROM sealed.content

UNION ALL
SELECT 4, 0, 'the chart of accounts is not what it was made: ' || coalesce(found.row, made.row)
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

UNION ALL
SELECT 5, sequence, coalesce(transaction.id, key.id) || ' is not known by its id, or not for what it is'
FROM transaction FULL JOIN idempotency_key AS key USING (id, fingerprint, sequence, posted_at)
WHERE transaction.kind IS NULL AND key.sequence > (SELECT sequence FROM history_start) OR key.id IS NULL

UNION ALL
SELECT 6, 0, 'not every transaction that was detached is known by its id'
FROM history_start
WHERE sequence <> (SELECT count(*) FROM idempotency_key AS key WHERE key.sequence <= history_start.sequence)

UNION ALL
SELECT 7, sequence, id || ' does not follow the transaction before it'
FROM (
  SELECT id, sequence, (SELECT sequence FROM history_start) + row_number() OVER numbers AS next_sequence, posted_at, lag(posted_at) OVER numbers AS last_posted_at
  FROM transaction WINDOW numbers AS (ORDER BY sequence)
) AS numbered
WHERE sequence <> next_sequence OR posted_at <= last_posted_at

UNION ALL
SELECT 8, 0, 'the head is not at the last transaction'
FROM ledger_head
WHERE (sequence, posted_at) <> (
  SELECT (SELECT sequence FROM history_start) + count(*), coalesce(max(posted_at), '-infinity') FROM transaction
)

UNION ALL
SELECT 9, sequence, CASE
  WHEN entry.version IS NULL THEN 'entry ' || position || ' of ' || transaction_id || ' is missing'
  ELSE 'entry ' || version || ' of account ' || account_number || ' is not one that transaction ' || sequence || ' was written with'
END
FROM leg FULL JOIN entry USING (sequence, posted_at, position, account_number, direction, amount)
WHERE leg.transaction_id IS NULL OR entry.version IS NULL

UNION ALL
SELECT 10, sequence, 'entry ' || version || ' of account ' || account_number || ' does not follow the one before it'
FROM history WHERE version <> next_version OR balance IS DISTINCT FROM next_balance

UNION ALL
SELECT 11, sequence, 'debits and credits of transaction ' || sequence || ' differ in ' || coalesce(currency, 'no currency')
FROM history GROUP BY sequence, currency
HAVING sum(CASE direction WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0

UNION ALL
SELECT 12, 0, 'debits and credits that were carried forward differ in ' || currency
FROM carried_forward AS carried JOIN account ON account.number = carried.account_number
GROUP BY currency HAVING sum(debits) <> sum(credits)

UNION ALL
SELECT 13, 0, 'the counters of ' || address || ' are not the sums of its entries'
FROM account LEFT JOIN posted ON posted.account_number = account.number
WHERE (account.version, debits_posted, credits_posted)
  <> (coalesce(posted.entries, 0), coalesce(posted.debits, 0), coalesce(posted.credits, 0))

UNION ALL
SELECT 14, 0, 'what is pending on ' || address || ' is not what its reservations hold'
FROM account LEFT JOIN held ON held.account_number = account.number
WHERE (debits_pending, credits_pending) <> (coalesce(held.debits, 0), coalesce(held.credits, 0))

UNION ALL
SELECT 15, 0, address || ' is below its floor'
FROM account WHERE credits_posted::numeric - debits_posted - debits_pending < floor

UNION ALL
SELECT 16, 0, address || ' has not the side or the floor that the chart of accounts gives it'
FROM account JOIN chart_of_accounts AS chart USING (purpose)
WHERE account.normal_balance <> chart.normal_balance OR (floor IS NULL) <> (policy = 'UNLIMITED')
  OR floor > 0 OR floor < 0 AND purpose <> 'WALLET'

UNION ALL
SELECT 17, 0, reservation_id || ' is ' || state || ' and holds ' || sum(remaining)
FROM part GROUP BY reservation_id, state HAVING (state = 'RESERVED') <> (sum(remaining) > 0)

UNION ALL
SELECT 18, 0, id || ' is CAPTURED, and no transaction captures it'
FROM reservation
WHERE state = 'CAPTURED' AND reserved_at >= (SELECT since FROM history_start)
  AND NOT EXISTS (SELECT FROM captured WHERE reservation_id = reservation.id)

UNION ALL
SELECT 19, 0, reservation_id || ' is ' || state || ', and was captured wholly'
FROM part LEFT JOIN captured USING (reservation_id, account_number, direction)
WHERE state IN ('VOIDED', 'EXPIRED')
GROUP BY reservation_id, state HAVING bool_and(captured.amount IS NOT DISTINCT FROM part.amount)

UNION ALL
SELECT 20, 0, reservation_id || ' was captured for ' || coalesce(captured.amount, 0) || ' of ' || part.amount || ' on account '
  || account_number || ' and holds ' || remaining
FROM part LEFT JOIN captured USING (reservation_id, account_number, direction)
WHERE coalesce(captured.amount, 0) + remaining > part.amount
  OR state = 'RESERVED' AND reserved_at >= (SELECT since FROM history_start)
    AND coalesce(captured.amount, 0) + remaining <> part.amount

UNION ALL
SELECT 21, 0, reservation_id || ' was captured for ' || captured.amount || ' on account ' || account_number || ', which it never held'
FROM captured LEFT JOIN part USING (reservation_id, account_number, direction)
WHERE part.amount IS NULL

UNION ALL
SELECT 22, 0, transaction_id || ' was taken back for ' || taken.amount || ' of ' || coalesce(moved.amount, 0) || ' on account ' || account_number
FROM (
  SELECT reverses AS transaction_id, account_number, direction, sum(amount) AS amount
  FROM leg WHERE reverses IS NOT NULL
  GROUP BY reverses, account_number, direction
) AS taken
LEFT JOIN (
  SELECT transaction_id, account_number, amount, CASE direction WHEN 'DEBIT' THEN 'CREDIT'::entry_direction ELSE 'DEBIT' END AS direction
  FROM leg WHERE transaction_id IN (SELECT reverses FROM transaction WHERE reverses IS NOT NULL)
) AS moved USING (transaction_id, account_number, direction)
WHERE taken.amount > coalesce(moved.amount, 0) AND NOT EXISTS (
  SELECT FROM idempotency_key AS key JOIN history_start ON key.sequence <= history_start.sequence
  WHERE key.id = taken.transaction_id
)

ORDER BY part, place, fault

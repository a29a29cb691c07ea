-- What is wrong with the transactions after sequence $1 up to $2 and with what they refer to, in words; no row when all is
-- well. Every look-up is by key. These are the references that foreign keys would guard, and what triggers saw only once.
WITH slice AS (
  SELECT * FROM transaction WHERE sequence > $1::bigint AND sequence <= $2::bigint
), line AS (
  SELECT slice.id, slice.posted_at, leg.*, account.currency, account.normal_balance, entry.version, entry.balance,
    CASE WHEN leg.direction = account.normal_balance THEN leg.amount ELSE -leg.amount END AS change
  FROM slice
  CROSS JOIN LATERAL unnest(account_numbers, directions, amounts) WITH ORDINALITY
    AS leg (account_number, direction, amount, position)
  LEFT JOIN account ON account.number = leg.account_number
  LEFT JOIN entry ON entry.account_number = leg.account_number AND entry.posted_at = slice.posted_at
    AND entry.sequence = slice.sequence AND entry.position = leg.position AND entry.direction = leg.direction
    AND entry.amount = leg.amount
)
SELECT 'debits and credits of ' || id || ' differ in ' || currency AS fault
FROM line WHERE currency IS NOT NULL GROUP BY id, currency
HAVING sum(CASE direction WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0

UNION ALL
SELECT DISTINCT id || ' does not have the entries it was written with'
FROM line WHERE currency IS NOT NULL AND version IS NULL

UNION ALL
SELECT slice.id || ' is not known by its id, or not for what it is'
FROM slice WHERE NOT EXISTS (
  SELECT FROM idempotency_key AS key
  WHERE key.id = slice.id AND (key.fingerprint, key.sequence, key.posted_at) = (slice.fingerprint, slice.sequence, slice.posted_at)
)

UNION ALL
SELECT 'entry ' || position || ' of ' || id || ' is on an account that does not exist'
FROM line WHERE currency IS NULL

UNION ALL
SELECT 'entry ' || line.version || ' of account ' || line.account_number || ' does not follow the one before it'
FROM line
LEFT JOIN LATERAL (
  SELECT entry.version, entry.balance FROM entry
  WHERE entry.account_number = line.account_number AND (entry.posted_at, entry.version) < (line.posted_at, line.version)
  ORDER BY entry.posted_at DESC, entry.version DESC LIMIT 1
) AS earlier ON true
LEFT JOIN carried_forward AS carried ON carried.account_number = line.account_number
WHERE line.version IS NOT NULL
  AND (line.version, line.balance) IS DISTINCT FROM (
    coalesce(earlier.version, carried.version, 0) + 1,
    coalesce(
      earlier.balance,
      CASE normal_balance WHEN 'CREDIT' THEN carried.credits - carried.debits ELSE carried.debits - carried.credits END,
      0
    )::numeric + change
  )

UNION ALL
SELECT slice.id || ' was posted before the transaction that it follows'
FROM slice JOIN transaction AS earlier ON earlier.sequence = slice.sequence - 1
WHERE slice.posted_at <= earlier.posted_at

UNION ALL
SELECT slice.id || ' takes back ' || reverses || ', which does not exist'
FROM slice WHERE reverses IS NOT NULL AND NOT EXISTS (SELECT FROM idempotency_key AS key WHERE key.id = slice.reverses)

UNION ALL
SELECT slice.id || ' captures ' || reservation_id || ', which was never reserved'
FROM slice WHERE reservation_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM reservation WHERE reservation.id = slice.reservation_id AND reserved_at IS NOT NULL)

LIMIT 100

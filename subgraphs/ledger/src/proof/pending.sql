-- The accounts whose pending counters are not what reservations hold on them, in words. Reads accounts with anything
-- pending and reservations that still hold something, and no others.
WITH held AS (
  SELECT part.account_number,
    coalesce(sum(part.remaining) FILTER (WHERE part.direction = 'DEBIT'), 0) AS debits,
    coalesce(sum(part.remaining) FILTER (WHERE part.direction = 'CREDIT'), 0) AS credits
  FROM reservation CROSS JOIN LATERAL unnest(account_numbers, directions, remaining) AS part (account_number, direction, remaining)
  WHERE state = 'RESERVED'
  GROUP BY part.account_number
)
SELECT 'what is pending on '
  || coalesce(
    (SELECT address FROM account WHERE account.number = coalesce(counted.number, held.account_number)),
    'account ' || held.account_number
  )
  || ' is not what its reservations hold' AS fault
FROM held FULL JOIN (SELECT * FROM account WHERE debits_pending > 0 OR credits_pending > 0) AS counted
  ON counted.number = held.account_number
WHERE (coalesce(debits_pending, 0), coalesce(credits_pending, 0)) <> (coalesce(debits, 0), coalesce(credits, 0))
LIMIT 100

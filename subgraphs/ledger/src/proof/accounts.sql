-- What is wrong with the counters of the $2 accounts after the id $1, in words: a row for each account, with a fault if it
-- has one. The last entry of each is one look-up; without one at hand it stands where detached months left it.
SELECT id, CASE
  WHEN version <> coalesce(last_version, carried_version, 0)
    OR CASE normal_balance WHEN 'CREDIT' THEN credits_posted - debits_posted ELSE debits_posted - credits_posted END
      <> coalesce(last_balance, CASE normal_balance WHEN 'CREDIT' THEN credits - debits ELSE debits - credits END, 0)
    THEN 'the counters of ' || address || ' are not those of its last entry'
  WHEN credits_posted::numeric - debits_posted - debits_pending < floor THEN address || ' is below its floor'
END AS fault
FROM (SELECT * FROM account WHERE id > $1::text ORDER BY id LIMIT $2::integer) AS account
LEFT JOIN LATERAL (
  SELECT entry.version AS last_version, entry.balance AS last_balance
  FROM entry WHERE entry.account_number = account.number ORDER BY entry.posted_at DESC, entry.version DESC LIMIT 1
) AS last ON true
LEFT JOIN (SELECT account_number, version AS carried_version, debits, credits FROM carried_forward) AS carried
  ON carried.account_number = account.number
ORDER BY id

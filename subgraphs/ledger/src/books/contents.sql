-- The hashes of the contents of transactions as they stand, derived with nothing but PostgreSQL's own functions.
-- $1: the last sequence that was read; $2: how many to read
SELECT id, sequence, sha256(convert_to(
  ROW(
    sequence, posted_at, id, kind, reference, fingerprint, reservation_id, reverses, account_numbers, directions, amounts,
    effective_at, metadata
  )::text,
  'UTF8'
)) AS hash
FROM transaction
WHERE sequence > $1::bigint
ORDER BY sequence LIMIT $2::integer

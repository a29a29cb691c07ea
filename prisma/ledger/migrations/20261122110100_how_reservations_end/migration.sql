-- How a reservation ended stays so. Outside of posting, which alone captures, one that holds funds may be given back whole or
-- be given more time, and one that has ended may not be touched.
CREATE OR REPLACE FUNCTION release_reservations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = on SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  fault text;
BEGIN
  SELECT id INTO fault FROM before JOIN after USING (id)
  WHERE before.state <> 'RESERVED' OR after.state = 'CAPTURED'
    OR after.state = 'RESERVED' AND after.remaining <> before.remaining
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '% has ended, or would be captured or hold something else without being posted', fault
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  UPDATE account SET
    debits_pending = debits_pending - moved.debits,
    credits_pending = credits_pending - moved.credits
  FROM (
    SELECT account_number,
      coalesce(sum(held) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
      coalesce(sum(held) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
    FROM before JOIN after USING (id)
    CROSS JOIN LATERAL unnest(before.account_numbers, before.directions, before.remaining) AS given (account_number, direction, held)
    WHERE after.state <> 'RESERVED'
    GROUP BY account_number
  ) AS moved
  WHERE account.number = moved.account_number;
  RETURN NULL;
END
$$;

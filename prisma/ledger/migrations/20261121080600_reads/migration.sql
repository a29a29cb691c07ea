-- What operators search accounts by. Each index ends with the id, so that a page begins behind the last one. None holds
-- a counter: posting changes nothing here.

CREATE INDEX account_purpose_currency_id_idx ON account (purpose, currency, id);
CREATE INDEX account_status_id_idx ON account (status, id);
CREATE INDEX account_owner_id_id_idx ON account (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX account_rail_id_idx ON account (rail, id) WHERE rail IS NOT NULL;

-- The last sequence that was posted before an instant; 0 before the first. Posting time grows with the sequence, so it is
-- found by halving: some thirty look-ups in the key of sequences, and no index on time to keep. What is not there any more
-- was posted before.
CREATE FUNCTION sequence_before(instant timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  low    bigint := 0;
  high   bigint := (SELECT sequence FROM ledger_head);
  middle bigint;
BEGIN
  WHILE low < high LOOP
    middle := low + (high - low + 1) / 2;
    IF coalesce((SELECT posted_at < instant FROM transaction WHERE sequence = middle), true) THEN
      low := middle;
    ELSE
      high := middle - 1;
    END IF;
  END LOOP;
  RETURN low;
END
$$;

GRANT EXECUTE ON FUNCTION sequence_before(timestamptz) TO ledger_service;

-- When an account's entry with a version was posted, in microseconds since 1970; of what is not there any more, when the first
-- was that is. Versions grow with time: halving it takes some forty look-ups in the key of entries, and no index on versions
-- to keep.
CREATE FUNCTION micros_of_version(account bigint, wanted bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  low    bigint;
  high   bigint;
  middle bigint;
  seen   bigint;
BEGIN
  SELECT (extract(epoch FROM posted_at) * 1000000)::bigint INTO low
  FROM entry WHERE account_number = account ORDER BY posted_at, version LIMIT 1;
  SELECT (extract(epoch FROM posted_at) * 1000000)::bigint INTO high
  FROM entry WHERE account_number = account ORDER BY posted_at DESC, version DESC LIMIT 1;
  WHILE low < high LOOP
    middle := low + (high - low) / 2;
    SELECT version INTO seen FROM entry
    WHERE account_number = account AND posted_at <= timestamptz 'epoch' + middle * interval '1 microsecond'
    ORDER BY posted_at DESC, version DESC LIMIT 1;
    IF seen >= wanted THEN
      high := middle;
    ELSE
      low := middle + 1;
    END IF;
  END LOOP;
  RETURN coalesce(low, 0);
END
$$;

GRANT EXECUTE ON FUNCTION micros_of_version(bigint, bigint) TO ledger_service;

-- An instant before the history at hand has no sequence any more: it is refused, rather than taken for where history begins.
CREATE OR REPLACE FUNCTION sequence_before(instant timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  low    bigint;
  high   bigint := (SELECT sequence FROM ledger_head);
  middle bigint;
BEGIN
  SELECT sequence INTO low FROM history_start WHERE since <= instant;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is before the history at hand', instant USING ERRCODE = 'invalid_parameter_value';
  END IF;
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

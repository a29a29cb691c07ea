-- Makes partitions as before, one service after the other: what another one has just made is found by a query, as `to_regclass` may
-- remember for the rest of a transaction that it was not there.
CREATE OR REPLACE FUNCTION create_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  made      integer     := 0;
  this      timestamptz := (SELECT date_trunc('month', greatest(clock_timestamp(), posted_at)) FROM ledger_head);
  month     timestamptz;
  name      text;
  partition text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('create_partitions'));
  FOR ahead IN 0 .. least(months_ahead, 120) LOOP
    month := this + make_interval(months => ahead);
    FOREACH name IN ARRAY ARRAY['transaction', 'entry'] LOOP
      partition := name || to_char(month, '_YYYY_MM');
      CONTINUE WHEN EXISTS (
        SELECT FROM pg_class WHERE relnamespace = 'history'::regnamespace AND relname = partition
      );
      EXECUTE format('CREATE TABLE history.%I (LIKE %I INCLUDING ALL)', partition, name);
      EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION history.%I FOR VALUES FROM (%L) TO (%L)',
        name, partition, month, month + interval '1 month'
      );
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;

-- Makes the partitions of this month (UTC) and of so many after it, those that are missing. Answers how many it made. This month is
-- that of what is posted next, which is never before what was posted last, even if the clock went back. A partition is made as a table
-- of its own and attached: that waits for no reader, not even of hours, and posting does not wait for it.
CREATE OR REPLACE FUNCTION create_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  made      integer     := 0;
  this      timestamptz := (SELECT date_trunc('month', greatest(clock_timestamp(), posted_at)) FROM ledger_head);
  month     timestamptz;
  name      text;
  partition text;
BEGIN
  FOR ahead IN 0 .. least(months_ahead, 120) LOOP
    month := this + make_interval(months => ahead);
    FOREACH name IN ARRAY ARRAY['transaction', 'entry'] LOOP
      partition := format('history.%I', name || to_char(month, '_YYYY_MM'));
      CONTINUE WHEN to_regclass(partition) IS NOT NULL;
      PERFORM pg_advisory_xact_lock(hashtext('create_partitions')); -- two services may find the same one missing
      CONTINUE WHEN to_regclass(partition) IS NOT NULL;
      EXECUTE format('CREATE TABLE %s (LIKE %I INCLUDING ALL)', partition, name);
      EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', name, partition, month, month + interval '1 month'
      );
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;

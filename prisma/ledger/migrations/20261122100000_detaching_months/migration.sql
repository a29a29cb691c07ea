-- Months that are detached leave behind where each account stood: the proof and the past go on from there.

-- One row: where the history at hand begins. All up to `sequence`, posted before `since`, is in months that were detached.
CREATE TABLE history_start (
  singleton boolean        NOT NULL DEFAULT true,
  since     timestamptz(6) NOT NULL DEFAULT '-infinity',
  sequence  bigint         NOT NULL DEFAULT 0,

  CONSTRAINT history_start_pkey PRIMARY KEY (singleton),
  CONSTRAINT history_start_is_one_row CHECK (singleton)
);

INSERT INTO history_start DEFAULT VALUES;

-- Where accounts stood there, of those that had entries: how many, and the sums of each side.
CREATE TABLE carried_forward (
  account_number bigint NOT NULL,
  version        bigint NOT NULL,
  debits         bigint NOT NULL,
  credits        bigint NOT NULL,

  CONSTRAINT carried_forward_pkey PRIMARY KEY (account_number)
);

-- What is carried forward grows by the entries that the start passes over, and shrinks by those it goes back behind.
CREATE FUNCTION carry_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
  low  CONSTANT timestamptz := least(OLD.since, NEW.since);
  high CONSTANT timestamptz := greatest(OLD.since, NEW.since);
  sign CONSTANT integer     := CASE WHEN NEW.since > OLD.since THEN 1 ELSE -1 END;
BEGIN
  NEW.sequence := OLD.sequence
    + sign * (SELECT count(*) FROM transaction WHERE posted_at >= low AND posted_at < high);
  INSERT INTO carried_forward AS carried (account_number, version, debits, credits)
  SELECT account_number, sign * count(*),
    sign * coalesce(sum(amount) FILTER (WHERE direction = 'DEBIT'), 0),
    sign * coalesce(sum(amount) FILTER (WHERE direction = 'CREDIT'), 0)
  FROM entry WHERE posted_at >= low AND posted_at < high
  GROUP BY account_number
  ON CONFLICT (account_number) DO UPDATE SET
    version = carried.version + excluded.version,
    debits = carried.debits + excluded.debits,
    credits = carried.credits + excluded.credits;
  RETURN NEW;
END
$$;

CREATE TRIGGER history_start_carries BEFORE UPDATE ON history_start
  FOR EACH ROW EXECUTE FUNCTION carry_forward();

CREATE TRIGGER history_start_is_kept BEFORE DELETE OR TRUNCATE ON history_start
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('history begins somewhere');

CREATE TRIGGER carried_forward_follows_start BEFORE INSERT OR UPDATE ON carried_forward
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
  EXECUTE FUNCTION refuse('what is carried forward follows the months that are detached');

CREATE TRIGGER carried_forward_is_kept BEFORE DELETE OR TRUNCATE ON carried_forward
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('what is carried forward follows the months that are detached');

-- The head's digest takes it in: with their entries elsewhere, nothing else says what these accounts held.
CREATE FUNCTION digest_carried_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    UPDATE ledger_head SET standing = standing - change.sum
    FROM (SELECT sum(digest_of(removed::text)) FROM removed) AS change WHERE change.sum IS NOT NULL;
  END IF;
  UPDATE ledger_head SET standing = standing + change.sum
  FROM (SELECT sum(digest_of(added::text)) FROM added) AS change WHERE change.sum IS NOT NULL;
  RETURN NULL;
END
$$;

CREATE TRIGGER carried_forward_is_digested AFTER INSERT ON carried_forward
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION digest_carried_forward();

CREATE TRIGGER carried_forward_change_is_digested AFTER UPDATE ON carried_forward
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION digest_carried_forward();

-- Detaches the first month (UTC) at hand, for the owner. Nothing waits long for it: where somebody reads on, it gives up, to be
-- called again. Who reads more than one statement locks `history_start` first, and sees either side of it.
CREATE FUNCTION detach_month(month date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
  suffix CONSTANT text        := to_char(month, '_YYYY_MM');
  next   CONSTANT timestamptz := date_trunc('month', month) + interval '1 month';
  last   bigint;
BEGIN
  PERFORM FROM history_start FOR UPDATE;
  IF suffix IS DISTINCT FROM (
    SELECT min(right(relname, 8)) FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'entry'::regclass
  ) THEN
    RAISE EXCEPTION '% is not the first month that is attached', to_char(month, 'YYYY-MM')
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF (SELECT posted_at < next FROM ledger_head) THEN
    RAISE EXCEPTION 'Nothing has been posted after %: it may not be over', to_char(month, 'YYYY-MM')
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE history_start SET since = next RETURNING sequence INTO last;
  IF last > (SELECT sequence FROM proof) THEN
    RAISE EXCEPTION '% is not proven yet', to_char(month, 'YYYY-MM') USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  LOCK TABLE history_start IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('ALTER TABLE transaction DETACH PARTITION history.%I', 'transaction' || suffix);
  EXECUTE format('ALTER TABLE entry DETACH PARTITION history.%I', 'entry' || suffix);
END
$$;

-- Attaches again the month before those at hand.
CREATE FUNCTION attach_month(month date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
  suffix CONSTANT text        := to_char(month, '_YYYY_MM');
  first  CONSTANT timestamptz := date_trunc('month', month);
  name   text;
BEGIN
  PERFORM FROM history_start WHERE since = first + interval '1 month' FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is not the last month that was detached', to_char(month, 'YYYY-MM')
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  FOREACH name IN ARRAY ARRAY['transaction', 'entry'] LOOP
    EXECUTE format(
      'ALTER TABLE %I ATTACH PARTITION history.%I FOR VALUES FROM (%L) TO (%L)',
      name, name || suffix, first, first + interval '1 month'
    );
  END LOOP;
  UPDATE history_start SET since = first;
  LOCK TABLE history_start IN ACCESS EXCLUSIVE MODE;
END
$$;

GRANT SELECT ON history_start, carried_forward TO ledger_service;

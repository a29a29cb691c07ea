-- Reservations: funds held until they are captured, voided or run out.

CREATE TYPE reservation_state AS ENUM ('RESERVED', 'CAPTURED', 'VOIDED', 'EXPIRED');

-- What is held stands in arrays of one element per entry, as in transactions.
CREATE TABLE reservation (
  id              text              NOT NULL,
  state           reservation_state NOT NULL DEFAULT 'RESERVED',
  kind            transaction_kind,
  reference       text,
  fingerprint     bytea,
  account_numbers bigint[]          NOT NULL DEFAULT '{}',
  directions      entry_direction[] NOT NULL DEFAULT '{}',
  amounts         bigint[]          NOT NULL DEFAULT '{}',
  remaining       bigint[]          NOT NULL DEFAULT '{}', -- what each entry still holds
  reserved_at     timestamptz(6),
  expires_at      timestamptz(6),
  resolved_at     timestamptz(6),

  CONSTRAINT reservation_pkey PRIMARY KEY (id),
  CONSTRAINT reservation_is_whole_or_a_tombstone CHECK (
    num_nulls(kind, reference, fingerprint, reserved_at) = 0 AND cardinality(account_numbers) BETWEEN 2 AND 32
    OR state = 'VOIDED' AND num_nonnulls(kind, reference, fingerprint, reserved_at, expires_at) = 0
      AND cardinality(account_numbers) = 0
  ),
  CONSTRAINT reservation_arrays_match CHECK (
    cardinality(directions) = cardinality(account_numbers) AND cardinality(amounts) = cardinality(account_numbers)
    AND cardinality(remaining) = cardinality(account_numbers)
  ),
  CONSTRAINT reservation_amounts_are_positive CHECK (0 < ALL (amounts)),
  CONSTRAINT reservation_holds_while_reserved CHECK (
    CASE state WHEN 'RESERVED' THEN 0 <= ALL (remaining) AND 0 < ANY (remaining) ELSE 0 = ALL (remaining) END
  ),
  CONSTRAINT reservation_expires CHECK (
    reserved_at IS NULL
    OR expires_at IS NOT NULL AND expires_at > reserved_at AND expires_at <= reserved_at + interval '744 hours'
  ),
  CONSTRAINT reservation_is_resolved_once CHECK ((state = 'RESERVED') = (resolved_at IS NULL))
);

-- For the worker that ends what ran out.
CREATE INDEX reservation_due ON reservation (expires_at) WHERE state = 'RESERVED';

CREATE FUNCTION hold_reservations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  fault text;
BEGIN
  WITH line AS MATERIALIZED (
    SELECT made.id, given.*, account.currency
    FROM made
    CROSS JOIN LATERAL unnest(account_numbers, directions, amounts, remaining)
      AS given (account_number, direction, amount, remaining)
    LEFT JOIN account ON account.number = given.account_number
  ), counted AS (
    UPDATE account SET
      debits_pending = debits_pending + moved.debits,
      credits_pending = credits_pending + moved.credits
    FROM (
      SELECT account_number,
        coalesce(sum(amount) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
        coalesce(sum(amount) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
      FROM line GROUP BY account_number
    ) AS moved
    WHERE account.number = moved.account_number
  )
  SELECT id INTO fault FROM line GROUP BY id, currency
  HAVING currency IS NULL OR sum(CASE direction WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0
    OR bool_or(remaining <> amount)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The entries of % are not balanced entries of a new reservation', fault
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER reservation_is_held AFTER INSERT ON reservation
  REFERENCING NEW TABLE AS made
  FOR EACH STATEMENT EXECUTE FUNCTION hold_reservations();

CREATE FUNCTION release_reservations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  fault text;
BEGIN
  WITH line AS MATERIALIZED (
    SELECT id, account_number, direction, sum(held) AS released
    FROM (
      SELECT id, given.* FROM before
      CROSS JOIN LATERAL unnest(account_numbers, directions, remaining) AS given (account_number, direction, held)
      UNION ALL
      SELECT id, account_number, direction, -held FROM after
      CROSS JOIN LATERAL unnest(account_numbers, directions, remaining) AS given (account_number, direction, held)
    ) AS change
    GROUP BY id, account_number, direction
  ), counted AS (
    UPDATE account SET
      debits_pending = debits_pending - moved.debits,
      credits_pending = credits_pending - moved.credits
    FROM (
      SELECT account_number,
        coalesce(sum(released) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
        coalesce(sum(released) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
      FROM line GROUP BY account_number HAVING bool_or(released <> 0)
    ) AS moved
    WHERE account.number = moved.account_number
  )
  SELECT id INTO fault FROM line WHERE released < 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '% cannot hold more than it did', fault USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER reservation_is_released AFTER UPDATE ON reservation
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION release_reservations();

CREATE TRIGGER reservation_is_fixed
  BEFORE UPDATE OF id, kind, reference, fingerprint, account_numbers, directions, amounts, reserved_at ON reservation
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was reserved never changes');

CREATE TRIGGER reservation_is_kept BEFORE DELETE OR TRUNCATE ON reservation
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('reservations are resolved, not deleted');

GRANT SELECT ON reservation TO ledger_service;

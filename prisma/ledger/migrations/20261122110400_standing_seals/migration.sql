-- What may change is sealed as transactions are: every statement that makes or changes accounts, reservations and the like leaves
-- a seal with the hash of each row as it left it. The last one of a row says what the row has to be, so that one that is not
-- can be named; a sum over all rows, as it was kept before, could not.

CREATE TABLE standing_seal (
  number   bigint  NOT NULL, -- 1, 2, 3 …
  ids      text[]  NOT NULL, -- of the rows
  contents bytea[] NOT NULL, -- SHA-256 of each row's content
  hash     bytea   NOT NULL, -- SHA-256 of the hash before it, the ids and the contents

  CONSTRAINT standing_seal_pkey PRIMARY KEY (number)
);

ALTER TABLE ledger_head DROP COLUMN standing;
ALTER TABLE ledger_head
  ADD COLUMN changes  bigint NOT NULL DEFAULT 0,                                -- the number of the last standing seal
  ADD COLUMN standing bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex'); -- its hash

CREATE FUNCTION seal_standing(ids text[], contents bytea[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  head record;
BEGIN
  IF ids IS NULL THEN -- most batches open no account
    RETURN;
  END IF;
  UPDATE ledger_head SET changes = changes + 1, standing = sha256(standing || convert_to(ids::text, 'UTF8') || (
    SELECT string_agg(content, '' ORDER BY place) FROM unnest(contents) WITH ORDINALITY AS given (content, place)
  ))
  RETURNING changes, standing INTO head;
  INSERT INTO standing_seal VALUES (head.changes, ids, contents, head.standing);
END
$$;

DROP TRIGGER account_is_digested ON account;
DROP TRIGGER account_change_is_digested ON account;
DROP TRIGGER reservation_is_digested ON reservation;
DROP TRIGGER reservation_change_is_digested ON reservation;
DROP TRIGGER signed_head_is_digested ON signed_head;
DROP TRIGGER carried_forward_is_digested ON carried_forward;
DROP TRIGGER carried_forward_change_is_digested ON carried_forward;
DROP FUNCTION digest_accounts();
DROP FUNCTION digest_account_change();
DROP FUNCTION digest_reservations();
DROP FUNCTION digest_signed_heads();
DROP FUNCTION digest_carried_forward();
DROP FUNCTION digest_of(text);

CREATE FUNCTION seal_accounts() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET jit = off AS $$
DECLARE
  sealed record;
BEGIN
  SELECT array_agg(id) AS ids, array_agg(sha256(convert_to(account_standing(opened), 'UTF8'))) AS contents
  INTO sealed FROM opened;
  PERFORM seal_standing(sealed.ids, sealed.contents);
  RETURN NULL;
END
$$;

CREATE TRIGGER account_is_sealed AFTER INSERT ON account
  REFERENCING NEW TABLE AS opened FOR EACH STATEMENT EXECUTE FUNCTION seal_accounts();

CREATE FUNCTION seal_account_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET jit = off AS $$
BEGIN
  PERFORM seal_standing(ARRAY[NEW.id], ARRAY[sha256(convert_to(account_standing(NEW), 'UTF8'))]);
  RETURN NULL;
END
$$;

-- Per row, so that it can be bound to columns: posting moves counters only and does not fire it.
CREATE TRIGGER account_change_is_sealed AFTER UPDATE OF floor, ceiling, status ON account
  FOR EACH ROW EXECUTE FUNCTION seal_account_change();

CREATE FUNCTION seal_reservations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' SET jit = off AS $$
DECLARE
  sealed record;
BEGIN
  SELECT array_agg(id) AS ids, array_agg(sha256(convert_to(reservation_standing(changed), 'UTF8'))) AS contents
  INTO sealed FROM changed;
  PERFORM seal_standing(sealed.ids, sealed.contents);
  RETURN NULL;
END
$$;

CREATE TRIGGER reservation_is_sealed AFTER INSERT ON reservation
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_reservations();

CREATE TRIGGER reservation_change_is_sealed AFTER UPDATE ON reservation
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_reservations();

-- Of tables that change seldom: a row is known by its table and, where there are several, by the column that the argument
-- names, and its content is all of it.
CREATE FUNCTION seal_rows() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' SET jit = off AS $$
DECLARE
  sealed record;
BEGIN
  SELECT array_agg(concat_ws(' ', TG_TABLE_NAME, to_jsonb(changed) ->> TG_ARGV[0])) AS ids,
    array_agg(sha256(convert_to(changed::text, 'UTF8'))) AS contents
  INTO sealed FROM changed;
  PERFORM seal_standing(sealed.ids, sealed.contents);
  RETURN NULL;
END
$$;

CREATE TRIGGER signed_head_is_sealed AFTER INSERT ON signed_head
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_rows('sequence');

CREATE TRIGGER carried_forward_is_sealed AFTER INSERT ON carried_forward
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_rows('account_number');

CREATE TRIGGER carried_forward_change_is_sealed AFTER UPDATE ON carried_forward
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_rows('account_number');

CREATE TRIGGER history_start_change_is_sealed AFTER UPDATE ON history_start
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_rows();

CREATE TRIGGER proof_change_is_sealed AFTER UPDATE ON proof
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seal_rows();

-- Seals all that is there already, as it stands.
CREATE FUNCTION seal_what_stands() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' AS $$
BEGIN
  PERFORM seal_standing(ids, contents)
  FROM (
    SELECT array_agg(id ORDER BY id) AS ids, array_agg(sha256(convert_to(content, 'UTF8')) ORDER BY id) AS contents
    FROM (
      SELECT id, content, row_number() OVER (ORDER BY id) / 1000 AS page
      FROM (
        SELECT id, account_standing(account) AS content FROM account
        UNION ALL SELECT id, reservation_standing(reservation) FROM reservation
        UNION ALL SELECT 'signed_head ' || sequence, signed_head::text FROM signed_head
        UNION ALL SELECT 'carried_forward ' || account_number, carried_forward::text FROM carried_forward
        UNION ALL SELECT 'history_start', history_start::text FROM history_start
        UNION ALL SELECT 'proof', proof::text FROM proof
      ) AS standing
    ) AS paged
    GROUP BY page ORDER BY page
  ) AS pages;
END
$$;

ALTER TABLE ledger_head DISABLE TRIGGER ledger_head_follows_transactions;
SELECT seal_what_stands();
ALTER TABLE ledger_head ENABLE TRIGGER ledger_head_follows_transactions;
DROP FUNCTION seal_what_stands();

CREATE TRIGGER standing_seal_follows_changes BEFORE INSERT ON standing_seal
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse('seals follow the changes');

CREATE TRIGGER standing_seal_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON standing_seal
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('seals are history');

GRANT SELECT ON standing_seal TO ledger_service;

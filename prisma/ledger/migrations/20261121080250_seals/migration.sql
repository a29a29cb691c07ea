-- Tamper evidence: transactions are chained by hashes, and what may change has a digest that follows every change.
-- docs/ledger-hash-chain.md has the encodings; `npm run ledger:verify` derives them again, without these functions.

-- One link of the chain for each statement that wrote transactions, up to and including `last_sequence`.
CREATE TABLE seal (
  last_sequence bigint  NOT NULL,
  contents      bytea[] NOT NULL, -- SHA-256 of each transaction's content, in the order of sequence
  hash          bytea   NOT NULL, -- SHA-256 of the hash before it and the contents

  CONSTRAINT seal_pkey PRIMARY KEY (last_sequence)
);

-- The content of a transaction: PostgreSQL's text of its row.
CREATE FUNCTION content_of(transaction transaction) RETURNS text
LANGUAGE sql STABLE
RETURN ROW(
  transaction.sequence, transaction.posted_at, transaction.id, transaction.kind, transaction.reference,
  transaction.fingerprint, transaction.reservation_id, transaction.reverses, transaction.account_numbers,
  transaction.directions, transaction.amounts, transaction.effective_at, transaction.metadata
)::text;

CREATE TRIGGER seal_follows_transactions BEFORE INSERT ON seal
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse('seals follow the transactions');

CREATE TRIGGER seal_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('seals are history');

-- Accounts and reservations change, so they have no chain. The head keeps the sum of 64 bits of each row's SHA-256,
-- which no single change leaves as it was. Counters are left out: they follow from entries and reservations.

CREATE FUNCTION digest_of(standing text) RETURNS numeric
LANGUAGE sql IMMUTABLE
RETURN substr(sha256(convert_to(standing, 'UTF8')), 1, 8)::bigint;

CREATE FUNCTION account_standing(account account) RETURNS text
LANGUAGE sql STABLE
RETURN ROW(
  account.id, account.number, account.address, account.purpose, account.currency, account.rail, account.wallet_id,
  account.owner_id, account.normal_balance, account.floor, account.ceiling, account.status, account.created_at
)::text;

CREATE FUNCTION digest_accounts() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
BEGIN
  IF EXISTS (SELECT FROM opened) THEN -- most batches open no account
    UPDATE ledger_head SET standing = standing + (SELECT sum(digest_of(account_standing(opened))) FROM opened);
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER account_is_digested AFTER INSERT ON account
  REFERENCING NEW TABLE AS opened
  FOR EACH STATEMENT EXECUTE FUNCTION digest_accounts();

CREATE FUNCTION digest_account_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
BEGIN
  UPDATE ledger_head SET standing = standing - digest_of(account_standing(OLD)) + digest_of(account_standing(NEW));
  RETURN NULL;
END
$$;

-- Per row, so that it can be bound to columns: posting moves counters only and does not fire it.
CREATE TRIGGER account_change_is_digested AFTER UPDATE OF floor, ceiling, status ON account
  FOR EACH ROW EXECUTE FUNCTION digest_account_change();

CREATE FUNCTION reservation_standing(reservation reservation) RETURNS text
LANGUAGE sql STABLE
RETURN ROW(
  reservation.id, reservation.state, reservation.kind, reservation.reference, reservation.fingerprint,
  reservation.account_numbers, reservation.directions, reservation.amounts, reservation.remaining, reservation.reserved_at,
  reservation.expires_at, reservation.resolved_at
)::text;

CREATE FUNCTION digest_reservations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' SET jit = off AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE ledger_head SET standing = standing + change.sum
    FROM (SELECT sum(digest_of(reservation_standing(added))) FROM added) AS change WHERE change.sum IS NOT NULL;
  ELSE
    UPDATE ledger_head SET standing = standing + change.sum
    FROM (
      SELECT sum(digest) FROM (
        SELECT digest_of(reservation_standing(added)) AS digest FROM added
        UNION ALL SELECT -digest_of(reservation_standing(removed)) FROM removed
      ) AS digests
    ) AS change
    WHERE change.sum IS NOT NULL;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER reservation_is_digested AFTER INSERT ON reservation
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION digest_reservations();

CREATE TRIGGER reservation_change_is_digested AFTER UPDATE ON reservation
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION digest_reservations();

GRANT SELECT ON seal TO ledger_service;

-- Transactions and their entries: balanced, numbered, and never changed.

CREATE TYPE transaction_kind AS ENUM ('COLLECTION', 'TRANSFER', 'PAYOUT', 'REFUND', 'REVERSAL', 'ADJUSTMENT');

-- The end of the books. Every writing path locks this row first, so that sequence is the order of commitment, posting
-- time always grows, and what is decided under the lock is still so at commit. No two writers can deadlock.
CREATE TABLE ledger_head (
  singleton boolean        NOT NULL DEFAULT true,
  sequence  bigint         NOT NULL DEFAULT 0,
  posted_at timestamptz(6) NOT NULL DEFAULT '-infinity',
  hash      bytea          NOT NULL DEFAULT decode(repeat('00', 32), 'hex'), -- the last link of the chain
  standing  numeric        NOT NULL DEFAULT 0,                               -- the digest of what may change

  CONSTRAINT ledger_head_pkey PRIMARY KEY (singleton),
  CONSTRAINT ledger_head_is_one_row CHECK (singleton)
);

INSERT INTO ledger_head DEFAULT VALUES;

CREATE TRIGGER ledger_head_follows_transactions BEFORE INSERT OR UPDATE ON ledger_head
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
  EXECUTE FUNCTION refuse('the head follows the transactions');

CREATE TRIGGER ledger_head_is_kept BEFORE DELETE OR TRUNCATE ON ledger_head
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('the head follows the transactions');

-- What a transaction moves, in arrays of one element per entry. No two have one posting time, by which it is partitioned. Ids
-- are unique in `idempotency_key`.
CREATE TABLE transaction (
  sequence        bigint            NOT NULL,
  posted_at       timestamptz(6)    NOT NULL,
  id              text              NOT NULL,
  kind            transaction_kind  NOT NULL,
  reference       text              NOT NULL,
  fingerprint     bytea             NOT NULL,
  reservation_id  text, -- the one that it captures
  reverses        text, -- the transaction that it takes back
  account_numbers bigint[]          NOT NULL,
  directions      entry_direction[] NOT NULL,
  amounts         bigint[]          NOT NULL,
  effective_at    timestamptz(6)    NOT NULL,
  metadata        jsonb             NOT NULL,

  CONSTRAINT transaction_pkey PRIMARY KEY (sequence, posted_at),
  CONSTRAINT transaction_has_entries CHECK (
    cardinality(account_numbers) BETWEEN 2 AND 32
    AND cardinality(directions) = cardinality(account_numbers) AND cardinality(amounts) = cardinality(account_numbers)
  ),
  CONSTRAINT transaction_amounts_are_positive CHECK (0 < ALL (amounts)),
  CONSTRAINT transaction_metadata_is_an_object CHECK (jsonb_typeof(metadata) = 'object')
) PARTITION BY RANGE (posted_at);

CREATE INDEX transaction_reference_posted_at_idx ON transaction (reference, posted_at);
CREATE INDEX transaction_reverses_idx ON transaction (reverses) WHERE reverses IS NOT NULL;

-- Every id that was ever posted, and where. It stays when old months are detached.
CREATE TABLE idempotency_key (
  id          text           NOT NULL,
  fingerprint bytea          NOT NULL,
  sequence    bigint         NOT NULL,
  posted_at   timestamptz(6) NOT NULL,

  CONSTRAINT idempotency_key_pkey PRIMARY KEY (id)
);

-- The transactions as their accounts see them. Versions are 1, 2, 3 … within the account.
CREATE TABLE entry (
  account_number bigint          NOT NULL,
  posted_at      timestamptz(6)  NOT NULL,
  version        bigint          NOT NULL,
  sequence       bigint          NOT NULL, -- of the transaction
  amount         bigint          NOT NULL,
  balance        bigint          NOT NULL, -- posted, on the account's normal side, after this entry
  direction      entry_direction NOT NULL,
  position       smallint        NOT NULL,

  CONSTRAINT entry_pkey PRIMARY KEY (account_number, posted_at, version)
) PARTITION BY RANGE (posted_at);

-- Partitions stand in a schema of their own: what writes to them goes past the triggers of their parents.
CREATE SCHEMA history;

-- Makes the partitions of this month (UTC) and of so many after it, those that are missing. Answers how many it made.
CREATE FUNCTION create_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  made  integer := 0;
  month timestamptz;
  name  text;
BEGIN
  FOR ahead IN 0 .. least(months_ahead, 120) LOOP
    month := date_trunc('month', clock_timestamp()) + make_interval(months => ahead);
    FOREACH name IN ARRAY ARRAY['transaction', 'entry'] LOOP
      CONTINUE WHEN to_regclass(format('history.%I', name || to_char(month, '_YYYY_MM'))) IS NOT NULL;
      PERFORM pg_advisory_xact_lock(hashtext('create_partitions')); -- two services may find the same one missing
      EXECUTE format(
        'CREATE TABLE IF NOT EXISTS history.%I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        name || to_char(month, '_YYYY_MM'), name, month, month + interval '1 month'
      );
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;

SELECT create_partitions(2);

CREATE TRIGGER transaction_follows_posting BEFORE INSERT ON transaction
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse('transactions are made by posting');

CREATE TRIGGER transaction_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON transaction
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('transactions are history');

CREATE TRIGGER entry_follows_transactions BEFORE INSERT ON entry
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse('entries follow the transactions');

CREATE TRIGGER entry_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('entries are history');

CREATE TRIGGER idempotency_key_follows_transactions BEFORE INSERT ON idempotency_key
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse('ids follow the transactions');

CREATE TRIGGER idempotency_key_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency_key
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('ids are history');

GRANT SELECT ON ledger_head, transaction, idempotency_key, entry TO ledger_service;

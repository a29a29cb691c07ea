-- What the service states of the chain, signed with a key that PostgreSQL does not have: who rewrites the books from some
-- point on, with all that follows, cannot rewrite what was signed.

CREATE TABLE signed_head (
  sequence  bigint         NOT NULL, -- where the chain ended
  hash      bytea          NOT NULL, -- the link there
  signed_at timestamptz(0) NOT NULL,
  statement text           NOT NULL, -- a compact JWS that says the same, and names the one before it by its SHA-256

  CONSTRAINT signed_head_pkey PRIMARY KEY (sequence)
);

CREATE TRIGGER signed_head_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON signed_head
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('signed heads are history');

-- The head's digest of what has no chain takes them in, so that the last one cannot go without a trace either.
CREATE FUNCTION digest_signed_heads() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' AS $$
BEGIN
  UPDATE ledger_head SET standing = standing + change.sum
  FROM (SELECT sum(digest_of(added::text)) FROM added) AS change WHERE change.sum IS NOT NULL;
  RETURN NULL;
END
$$;

CREATE TRIGGER signed_head_is_digested AFTER INSERT ON signed_head
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION digest_signed_heads();

-- Publishes a statement on a link of the chain that stands, if it is the next one after `previous`; false if another process
-- was faster.
CREATE FUNCTION publish_head(at bigint, link bytea, signed timestamptz, signed_statement text, previous bytea)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  last signed_head;
BEGIN
  PERFORM FROM ledger_head FOR UPDATE;
  SELECT * INTO last FROM signed_head ORDER BY sequence DESC LIMIT 1;
  INSERT INTO signed_head (sequence, hash, signed_at, statement)
  SELECT at, link, signed, signed_statement
  WHERE EXISTS (SELECT FROM seal WHERE last_sequence = at AND hash = link)
    AND previous IS NOT DISTINCT FROM sha256(convert_to(last.statement, 'UTF8'))
    AND at > coalesce(last.sequence, 0);
  RETURN FOUND;
END
$$;

GRANT SELECT ON signed_head TO ledger_service;
GRANT EXECUTE ON FUNCTION publish_head(bigint, bytea, timestamptz, text, bytea) TO ledger_service;

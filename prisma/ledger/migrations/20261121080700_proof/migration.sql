-- How far the books have been proven: everything up to and including `sequence`, whose seal had `hash` then. The service
-- goes on from there after a restart; a full proof, `npm run ledger:verify`, does not read it.

CREATE TABLE proof (
  singleton boolean        NOT NULL DEFAULT true,
  sequence  bigint         NOT NULL DEFAULT 0,
  hash      bytea          NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
  proven_at timestamptz(6) NOT NULL DEFAULT '-infinity',

  CONSTRAINT proof_pkey PRIMARY KEY (singleton),
  CONSTRAINT proof_is_one_row CHECK (singleton)
);

INSERT INTO proof DEFAULT VALUES;

CREATE TRIGGER proof_is_kept BEFORE DELETE OR TRUNCATE ON proof
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was proven stays so');

-- Only forward, from where it stands, and only to a seal that is there. Two processes that prove the same do so once.
CREATE FUNCTION record_proof(from_sequence bigint, to_sequence bigint, to_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE proof SET sequence = to_sequence, hash = to_hash, proven_at = clock_timestamp()
  WHERE sequence = from_sequence AND to_sequence > from_sequence
    AND EXISTS (SELECT FROM seal WHERE last_sequence = to_sequence AND hash = to_hash);
  RETURN FOUND;
END
$$;

GRANT SELECT ON proof TO ledger_service;
GRANT EXECUTE ON FUNCTION record_proof(bigint, bigint, bytea) TO ledger_service;

-- What an INSERT of transactions does. Head, seal, ids, entries and counters follow from it alone, in one pass, and nothing
-- else writes those. Debits equal credits in every currency, or nothing stands.

CREATE FUNCTION append_transactions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex'
SET enable_seqscan = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  batch record;
  link  bytea;
  fault text;
BEGIN
  SELECT max(sequence) AS last, min(sequence - place) AS least, max(sequence - place) AS most,
    max(posted_at) AS latest, min(posted_at) AS earliest, count(DISTINCT posted_at) AS instants, count(*) AS size,
    array_agg(hash ORDER BY posted_at) AS contents, string_agg(hash, '' ORDER BY posted_at) AS digest,
    bool_or(reverses IS NOT NULL) AS reverses
  INTO batch
  FROM (
    SELECT sequence, posted_at, reverses, row_number() OVER (ORDER BY posted_at) AS place,
      sha256(convert_to(content_of(appended), 'UTF8')) AS hash
    FROM appended
  ) AS numbered;
  IF batch.size = 0 THEN
    RETURN NULL;
  END IF;

  UPDATE ledger_head SET sequence = batch.last, posted_at = batch.latest, hash = sha256(hash || batch.digest)
  WHERE sequence = batch.least AND sequence = batch.most AND posted_at < batch.earliest AND batch.instants = batch.size
  RETURNING hash INTO link;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Transactions follow the last one in sequence and time'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  INSERT INTO seal (last_sequence, contents, hash) VALUES (batch.last, batch.contents, link);

  INSERT INTO idempotency_key (id, fingerprint, sequence, posted_at)
  SELECT id, fingerprint, sequence, posted_at FROM appended;

  WITH line AS MATERIALIZED (
    SELECT id AS transaction_id, posted_at, unnest(account_ids) AS account_id, unnest(directions) AS direction,
      unnest(amounts) AS amount, generate_subscripts(amounts, 1) AS position
    FROM appended
  ), counted AS (
    UPDATE account SET
      debits_posted = debits_posted + moved.debits,
      credits_posted = credits_posted + moved.credits,
      version = version + moved.entries
    FROM (
      SELECT account_id, count(*) AS entries,
        coalesce(sum(amount) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
        coalesce(sum(amount) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
      FROM line GROUP BY account_id
    ) AS moved
    -- By the array too: whatever way of joining is chosen, accounts are looked up by their ids.
    WHERE account.id = moved.account_id AND account.id = ANY (ARRAY(SELECT account_id FROM line))
    RETURNING WITH (OLD AS before) account.id, account.currency, account.normal_balance, before.version AS last_version,
      before.credits_posted - before.debits_posted AS last_net
  ), placed AS MATERIALIZED (
    SELECT line.*, counted.*, CASE direction WHEN 'CREDIT' THEN amount ELSE -amount END AS net
    FROM line LEFT JOIN counted ON counted.id = line.account_id
  ), written AS (
    INSERT INTO entry (account_id, posted_at, version, transaction_id, position, direction, amount, balance)
    SELECT account_id, posted_at, last_version + row_number() OVER history, transaction_id, position, direction, amount,
      (last_net + sum(net) OVER history) * CASE normal_balance WHEN 'CREDIT' THEN 1 ELSE -1 END
    FROM placed
    WHERE id IS NOT NULL
    WINDOW history AS (PARTITION BY account_id ORDER BY posted_at, position ROWS UNBOUNDED PRECEDING)
  )
  SELECT min(transaction_id) INTO fault FROM placed GROUP BY posted_at, currency
  HAVING currency IS NULL OR sum(net) <> 0
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'Debits and credits of % differ, or it names an unknown account', fault
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  IF batch.reverses THEN
    SELECT id INTO fault FROM appended
    WHERE reverses IS NOT NULL AND EXISTS (SELECT FROM reversible(reverses) WHERE remaining < 0) LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION '% takes back more than was moved', fault USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER transaction_is_appended AFTER INSERT ON transaction
  REFERENCING NEW TABLE AS appended
  FOR EACH STATEMENT EXECUTE FUNCTION append_transactions();


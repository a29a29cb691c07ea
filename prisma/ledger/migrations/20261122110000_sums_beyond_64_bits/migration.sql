-- Amounts that each fit may have a sum that does not: then too the items are decided one by one.
CREATE OR REPLACE FUNCTION post_transactions(batch batch, doubtful boolean) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  accounts record;
  known    record;
  decision record;
BEGIN
  PERFORM FROM ledger_head FOR UPDATE; -- as lock_ledger
  IF NOT doubtful AND NOT EXISTS (SELECT FROM idempotency_key WHERE id = ANY (batch.ids)) THEN
    BEGIN
      INSERT INTO posting (
        addresses, currencies, ids, fingerprints, kinds, "references", effective_at, metadata, sizes, slots, directions, amounts
      ) VALUES (
        batch.addresses, batch.currencies, batch.ids, batch.fingerprints, batch.kinds, batch."references",
        batch.effective_at, batch.metadata, batch.sizes, batch.slots, batch.directions, batch.amounts
      );
      RETURN;
    EXCEPTION WHEN integrity_constraint_violation OR numeric_value_out_of_range THEN
      NULL; -- is decided below
    END;
  END IF;
  accounts := accounts_after_opening(batch);
  known := recognise_transactions(batch);
  decision := decide(batch, accounts.ample, false, known.settled, known.codes);
  PERFORM write_transactions(batch, accounts.account_numbers, decision.accepted);
  RETURN QUERY SELECT * FROM refusals(batch, decision.codes, decision.faults);
END
$$;

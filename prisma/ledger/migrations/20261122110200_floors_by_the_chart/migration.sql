-- The chart of accounts says which accounts have a floor, and on which side they grow. That holds for owners' own SQL too:
-- only wallets may go below zero, by as much as their credit limit.

CREATE FUNCTION misfit_of(account account) RETURNS text
LANGUAGE sql STABLE
RETURN (
  SELECT CASE
    WHEN account.normal_balance <> chart.normal_balance THEN 'does not grow on its side'
    WHEN (account.floor IS NULL) <> (chart.policy = 'UNLIMITED') THEN 'has a floor where there is none, or none where there is one'
    WHEN account.floor > 0 OR account.floor < 0 AND account.purpose <> 'WALLET' THEN 'has a floor that is not its own'
  END
  FROM chart_of_accounts AS chart WHERE chart.purpose = account.purpose
);

CREATE OR REPLACE FUNCTION refuse_unsound_accounts() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  fault text;
BEGIN
  SELECT address || ' ' || wrong INTO fault
  FROM opened CROSS JOIN LATERAL (
    SELECT CASE
      WHEN greatest(version, debits_posted, credits_posted, debits_pending, credits_pending) > 0 THEN 'is not opened empty'
      WHEN address <> account_address(purpose, currency, rail, wallet_id) THEN 'is not its own address'
      WHEN currency !~ '^[A-Z]{3}$' THEN 'has no currency'
      WHEN num_nonnulls(wallet_id, owner_id) <> CASE purpose WHEN 'WALLET' THEN 2 ELSE 0 END
        THEN 'has a wallet and an owner, or neither'
      WHEN (rail IS NOT NULL) <> (purpose IN ('PAYOUT_TRANSIT', 'RAIL_CLEARING', 'RAIL_COST'))
        THEN 'has a rail where there is one account per rail'
      ELSE misfit_of(opened)
    END AS wrong
  ) AS look
  WHERE wrong IS NOT NULL
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'An account is refused: %', fault USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_misfit_floors() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF misfit_of(NEW) IS NOT NULL THEN
    RAISE EXCEPTION 'A floor is refused: % %', NEW.address, misfit_of(NEW) USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;

-- Per row, so that it can be bound to the column: posting does not fire it.
CREATE TRIGGER account_floor_is_by_the_chart AFTER UPDATE OF floor ON account
  FOR EACH ROW EXECUTE FUNCTION refuse_misfit_floors();

CREATE TRIGGER chart_of_accounts_is_fixed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON chart_of_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('the chart of accounts is a part of the schema');

-- The chart of accounts and the accounts: what they may hold, and that nothing but posting moves their counters.

-- Functions are for those they are granted to.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TYPE account_purpose AS ENUM (
  'WALLET', 'PAYOUT_TRANSIT', 'SUSPENSE', 'FEE_REVENUE', 'FX_REVENUE', 'FX_POSITION', 'RAIL_CLEARING', 'RAIL_COST',
  'SETTLEMENT'
);
CREATE TYPE account_class AS ENUM ('ASSET', 'LIABILITY', 'INCOME', 'EXPENSE', 'POSITION');
CREATE TYPE account_policy AS ENUM ('FLOOR', 'UNLIMITED');
CREATE TYPE account_scope AS ENUM ('WALLET', 'RAIL', 'CURRENCY');
CREATE TYPE account_status AS ENUM ('OPEN', 'FROZEN_DEBIT', 'FROZEN_CREDIT', 'FROZEN', 'CLOSED');
CREATE TYPE entry_direction AS ENUM ('DEBIT', 'CREDIT');

CREATE TABLE chart_of_accounts (
  purpose        account_purpose NOT NULL,
  class          account_class   NOT NULL,
  normal_balance entry_direction NOT NULL,
  policy         account_policy  NOT NULL,
  scope          account_scope   NOT NULL,

  CONSTRAINT chart_of_accounts_pkey PRIMARY KEY (purpose)
);

INSERT INTO chart_of_accounts (purpose, class, normal_balance, policy, scope) VALUES
  ('WALLET',         'LIABILITY', 'CREDIT', 'FLOOR',     'WALLET'),
  ('PAYOUT_TRANSIT', 'LIABILITY', 'CREDIT', 'FLOOR',     'RAIL'),
  ('SUSPENSE',       'LIABILITY', 'CREDIT', 'FLOOR',     'CURRENCY'),
  ('FEE_REVENUE',    'INCOME',    'CREDIT', 'UNLIMITED', 'CURRENCY'),
  ('FX_REVENUE',     'INCOME',    'CREDIT', 'UNLIMITED', 'CURRENCY'),
  ('FX_POSITION',    'POSITION',  'CREDIT', 'UNLIMITED', 'CURRENCY'),
  ('RAIL_CLEARING',  'ASSET',     'DEBIT',  'UNLIMITED', 'RAIL'),
  ('RAIL_COST',      'EXPENSE',   'DEBIT',  'UNLIMITED', 'RAIL'),
  ('SETTLEMENT',     'ASSET',     'DEBIT',  'UNLIMITED', 'CURRENCY');

-- What an account is never changes and is looked at when it is opened: CHECKs would look again at every entry.
-- The one name of an account: the wallet's id, or `FEE_REVENUE/USD`, or `RAIL_CLEARING/USD/manual`.
CREATE FUNCTION account_address(purpose account_purpose, currency text, rail text, wallet_id text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(wallet_id, purpose::text || '/' || currency || coalesce('/' || rail, ''));

CREATE TABLE account (
  id              text            NOT NULL DEFAULT ('acc_' || replace(uuidv7()::text, '-', '')),
  address         text            NOT NULL,
  purpose         account_purpose NOT NULL,
  currency        text            NOT NULL,
  rail            text,
  wallet_id       text,
  owner_id        text,
  normal_balance  entry_direction NOT NULL,
  floor           bigint,
  ceiling         bigint,
  status          account_status  NOT NULL DEFAULT 'OPEN',
  version         bigint          NOT NULL DEFAULT 0,
  debits_posted   bigint          NOT NULL DEFAULT 0,
  credits_posted  bigint          NOT NULL DEFAULT 0,
  debits_pending  bigint          NOT NULL DEFAULT 0,
  credits_pending bigint          NOT NULL DEFAULT 0,
  created_at      timestamptz(6)  NOT NULL DEFAULT clock_timestamp(),

  CONSTRAINT account_pkey PRIMARY KEY (id),
  CONSTRAINT account_counters_are_not_negative CHECK (
    least(version, debits_posted, credits_posted, debits_pending, credits_pending) >= 0
  ),
  -- What is pending must still fit when it is posted. Written so that the check itself cannot overflow.
  CONSTRAINT account_counters_fit CHECK (
    debits_pending <= 9223372036854775807 - debits_posted AND credits_pending <= 9223372036854775807 - credits_posted
  ),
  -- Wallets' ceilings bind those who post and reserve; one that is lowered takes nothing from what is there already.
  CONSTRAINT account_ceiling_is_a_wallets CHECK (ceiling IS NULL OR purpose = 'WALLET' AND ceiling >= 0),
  -- Only accounts that grow by credits have floors. Pending credits are not available.
  CONSTRAINT account_floor_holds CHECK (
    floor IS NULL OR normal_balance = 'CREDIT' AND credits_posted::numeric - debits_posted - debits_pending >= floor
  ),
  CONSTRAINT account_closed_is_empty CHECK (
    status <> 'CLOSED' OR debits_posted = credits_posted AND debits_pending = 0 AND credits_pending = 0
  )
) WITH (fillfactor = 50); -- room for new versions of a row beside the old: counters change all the time

CREATE UNIQUE INDEX account_address_key ON account (address);
CREATE UNIQUE INDEX account_wallet_id_key ON account (wallet_id);

-- What the account holds, on its normal side.
CREATE FUNCTION posted(account account) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE account.normal_balance
  WHEN 'CREDIT' THEN account.credits_posted - account.debits_posted
  ELSE account.debits_posted - account.credits_posted
END;

-- For BEFORE triggers. The argument says why.
CREATE FUNCTION refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION refuse_unsound_accounts() RETURNS trigger
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

CREATE TRIGGER account_opens_sound AFTER INSERT ON account
  REFERENCING NEW TABLE AS opened
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_unsound_accounts();

CREATE TRIGGER account_identity_is_fixed
  BEFORE UPDATE OF id, address, purpose, currency, rail, wallet_id, owner_id, normal_balance, created_at ON account
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('what an account is, and whose, never changes');

-- The triggers of entries and reservations count; at depth 0 it would be somebody's own UPDATE.
CREATE TRIGGER account_counters_follow_entries
  BEFORE UPDATE OF version, debits_posted, credits_posted, debits_pending, credits_pending ON account
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
  EXECUTE FUNCTION refuse('counters follow entries and reservations');

CREATE TRIGGER account_is_kept BEFORE DELETE OR TRUNCATE ON account
  FOR EACH STATEMENT EXECUTE FUNCTION refuse('accounts are closed, not deleted');

GRANT SELECT ON chart_of_accounts, account TO ledger_service;

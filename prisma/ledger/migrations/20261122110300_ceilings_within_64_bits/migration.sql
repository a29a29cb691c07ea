-- A ceiling and a credit limit whose sum is beyond 64 bits are refused together: how far below the ceiling an account stands, once
-- it is overdrawn, would not fit.

-- Sets how far wallets' accounts may go below zero, and what they may hold at most; null is without a bound.
CREATE OR REPLACE FUNCTION set_account_limits(
  wallet_ids text[], currencies text[], credit_limits bigint[], ceilings bigint[]
) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM lock_ledger();
  RETURN QUERY
    WITH judged AS MATERIALIZED (
      SELECT asked.*, CASE
        WHEN account.id IS NULL THEN 'ACCOUNT_NOT_FOUND'
        WHEN account.currency <> asked.currency THEN 'INVALID_AMOUNT'
        WHEN account.status = 'CLOSED' THEN 'ACCOUNT_CLOSED'
        WHEN account.credits_posted::numeric - account.debits_posted - account.debits_pending + asked.credit_limit < 0
          THEN 'INSUFFICIENT_FUNDS'
        WHEN greatest(asked.ceiling, account.credits_posted::numeric + account.credits_pending) + asked.credit_limit
          > 9223372036854775807 THEN 'OVERFLOW'
      END::ledger_error_code AS code
      FROM unnest(wallet_ids, currencies, credit_limits, ceilings) WITH ORDINALITY
        AS asked (wallet_id, currency, credit_limit, ceiling, place)
      LEFT JOIN account ON account.wallet_id = asked.wallet_id
    ), changed AS (
      UPDATE account SET floor = -judged.credit_limit, ceiling = judged.ceiling FROM judged
      WHERE account.wallet_id = judged.wallet_id AND judged.code IS NULL
        AND (account.floor, account.ceiling) IS DISTINCT FROM (-judged.credit_limit, judged.ceiling)
    )
    SELECT place::integer, code, wallet_id FROM judged WHERE code IS NOT NULL;
END
$$;

-- Decides new transactions and reservations in order, each against what those before it leave, so that a refusal fails no
-- other, except those it is linked with: of them all are accepted or none.
--
-- `codes` says of items why they are refused already, `settled` of which nothing is left to do. What comes back: every
-- refusal's code, the slot of the account at fault if one is, and which items are to be carried out now.
CREATE OR REPLACE FUNCTION decide(
  batch batch, ample boolean, reserving boolean, settled boolean[],
  INOUT codes ledger_error_code[], OUT faults integer[], OUT accepted boolean[]
)
LANGUAGE plpgsql AS $$
DECLARE
  standing      standing;
  debit_room    bigint[];
  credit_room   bigint[];
  funds         bigint[];
  headroom      bigint[];
  debit_faults  ledger_error_code[];
  credit_faults ledger_error_code[];
  slots         integer[]         := batch.slots;
  directions    entry_direction[] := batch.directions;
  amounts       bigint[]          := batch.amounts;
  sizes         integer[]         := batch.sizes;
  linked        boolean[]         := batch.linked;
  side          entry_direction;
  slot          integer;
  amount        bigint;
  net           bigint; -- what the item takes from the account, or brings to it, in all
  code          ledger_error_code;
  first_entry   integer;
  last_entry    integer := 0;
  chain_start   integer; -- the first of the items that are linked with this one, and what fitted before it
  before        record;
BEGIN
  faults := array_fill(NULL::integer, ARRAY[cardinality(sizes)]);
  IF ample AND num_nonnulls(VARIADIC codes) = 0 AND true <> ALL (settled) THEN
    accepted := array_fill(true, ARRAY[cardinality(sizes)]);
    RETURN;
  END IF;
  standing := standing_of(batch);
  debit_room := standing.debit_room;
  credit_room := standing.credit_room;
  funds := standing.funds;
  headroom := standing.headroom;
  debit_faults := standing.debit_faults;
  credit_faults := standing.credit_faults;
  accepted := array_fill(false, ARRAY[cardinality(sizes)]);
  FOR item IN 1 .. cardinality(sizes) LOOP
    first_entry := last_entry + 1;
    last_entry := last_entry + sizes[item];

    IF linked[item] AND chain_start IS NULL THEN
      chain_start := item;
      SELECT debit_room, credit_room, funds, headroom INTO before;
    END IF;

    IF codes[item] IS NULL AND NOT settled[item] THEN
      code := NULL;
      -- What the accounts are comes before what they hold.
      FOR n IN first_entry .. last_entry LOOP
        slot := slots[n];
        code := CASE directions[n] WHEN 'DEBIT' THEN debit_faults[slot] ELSE credit_faults[slot] END;
        EXIT WHEN code IS NOT NULL;
      END LOOP;
      IF code IS NULL THEN
        FOR n IN first_entry .. last_entry LOOP
          slot := slots[n];
          net := amounts[n];
          FOR other IN first_entry .. last_entry LOOP
            IF NOT reserving AND slots[other] = slot AND directions[other] <> directions[n] THEN
              net := net - amounts[other]; -- what is reserved for an account is not there yet
            END IF;
          END LOOP;
          IF directions[n] = 'DEBIT' THEN
            code := CASE
              WHEN amounts[n] > debit_room[slot] THEN 'OVERFLOW'
              WHEN net > funds[slot] THEN 'INSUFFICIENT_FUNDS'
            END;
          ELSE
            code := CASE
              WHEN amounts[n] > credit_room[slot] THEN 'OVERFLOW'
              WHEN net > headroom[slot] THEN 'EXCEEDS_CEILING'
            END;
          END IF;
          EXIT WHEN code IS NOT NULL;
        END LOOP;
      END IF;
      IF code IS NOT NULL THEN
        codes[item] := code;
        faults[item] := slot;
      ELSE
        accepted[item] := true;
        -- Credits first: whatever 64 bits have room for, no sum in between is beyond them.
        FOREACH side IN ARRAY ARRAY['CREDIT', 'DEBIT']::entry_direction[] LOOP
          FOR n IN first_entry .. last_entry LOOP
            CONTINUE WHEN directions[n] <> side;
            slot := slots[n];
            amount := amounts[n];
            IF side = 'DEBIT' THEN
              debit_room[slot] := debit_room[slot] - amount;
              funds[slot] := funds[slot] - amount;
              IF NOT reserving THEN
                headroom[slot] := headroom[slot] + amount;
              END IF;
            ELSE
              credit_room[slot] := credit_room[slot] - amount;
              headroom[slot] := headroom[slot] - amount;
              IF NOT reserving THEN
                funds[slot] := funds[slot] + amount;
              END IF;
            END IF;
          END LOOP;
        END LOOP;
      END IF;
    END IF;

    IF chain_start IS NOT NULL AND NOT linked[item] THEN
      IF num_nonnulls(VARIADIC codes[chain_start:item]) > 0 THEN
        SELECT before.debit_room, before.credit_room, before.funds, before.headroom
        INTO debit_room, credit_room, funds, headroom;
        FOR other IN chain_start .. item LOOP
          IF accepted[other] THEN
            codes[other] := 'LINKED_REFUSED';
            accepted[other] := false;
          END IF;
        END LOOP;
      END IF;
      chain_start := NULL;
    END IF;
  END LOOP;
END
$$;

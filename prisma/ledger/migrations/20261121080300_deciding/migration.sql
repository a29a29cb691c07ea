-- What the commands are made of. Nobody may call these but the commands, which run as the owner.

CREATE TYPE ledger_error_code AS ENUM (
  'INSUFFICIENT_FUNDS', 'ACCOUNT_NOT_FOUND', 'ACCOUNT_FROZEN', 'ACCOUNT_CLOSED', 'ACCOUNT_NOT_EMPTY', 'UNBALANCED',
  'INVALID_AMOUNT', 'INVALID_INPUT', 'IDEMPOTENCY_CONFLICT', 'RESERVATION_NOT_FOUND', 'RESERVATION_CAPTURED',
  'RESERVATION_VOIDED', 'RESERVATION_EXPIRED', 'EXCEEDS_RESERVATION', 'OVERFLOW', 'TRANSACTION_NOT_FOUND',
  'EXCEEDS_ORIGINAL', 'LINKED_REFUSED', 'EXCEEDS_CEILING'
);

-- What the engine sends: items to be decided in order, taken apart into arrays once. No id, no reservation to capture and
-- no transaction to reverse stands in a batch twice: the engine cuts its batches so.
CREATE TYPE batch AS (
  -- The accounts that the items name, each once.
  addresses    text[],
  currencies   text[],
  debits       bigint[], -- what all items together would debit and credit to each
  credits      bigint[],
  -- Of each item. Those that a command or all of its items do without are left out.
  ids          text[],
  fingerprints bytea[],
  targets      text[], -- the reservation to capture, the transaction to reverse
  kinds        transaction_kind[],
  "references" text[],
  effective_at timestamptz[],
  expires_at   timestamptz[],
  metadata     jsonb[],
  linked       boolean[], -- with the next
  releases     boolean[], -- whether a capture releases the rest
  sizes        integer[], -- how many entries; 0 for all that is left to capture or reverse
  -- Of each entry, those of one item after those of the item before it.
  slots        integer[], -- the place of its account above
  directions   entry_direction[],
  amounts      bigint[]
);

-- An item that is refused: its place in the batch from 1, why, and the address of the account at fault if one is.
CREATE TYPE refusal AS (ordinal integer, code ledger_error_code, account text);

-- The first lock of every writing path. Statements after it see all that was committed before it was granted.
CREATE FUNCTION lock_ledger() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM ledger_head FOR UPDATE;
END
$$;

-- The accounts of a batch, in its order: their numbers, null where there is none, and whether they are open and all that the batch
-- would move fits on them, however it is ordered. Then nothing has to be decided item by item.
CREATE FUNCTION accounts_of(batch batch, OUT account_numbers bigint[], OUT ample boolean)
LANGUAGE sql STABLE AS $$
  SELECT array_agg(number ORDER BY place),
    bool_and(coalesce(account.currency = named.currency AND takes(account, named.debits, named.credits), false))
  FROM unnest(batch.addresses, batch.currencies, batch.debits, batch.credits) WITH ORDINALITY
    AS named (address, currency, debits, credits, place)
  LEFT JOIN account ON account.address = named.address
$$;

-- As accounts_of, once all but wallets' accounts that are not there have been opened.
CREATE FUNCTION accounts_after_opening(batch batch, OUT account_numbers bigint[], OUT ample boolean)
LANGUAGE plpgsql AS $$
BEGIN
  SELECT accounts.account_numbers, accounts.ample INTO account_numbers, ample FROM accounts_of(batch) AS accounts;
  IF array_position(account_numbers, NULL) IS NOT NULL THEN
    INSERT INTO account (address, purpose, currency, rail, normal_balance, floor)
    SELECT named.address, chart.purpose, named.currency, nullif(split_part(named.address, '/', 3), ''), chart.normal_balance,
      CASE chart.policy WHEN 'FLOOR' THEN 0 END
    FROM unnest(batch.addresses, batch.currencies, account_numbers) AS named (address, currency, account_number)
    JOIN chart_of_accounts AS chart ON chart.purpose::text = split_part(named.address, '/', 1) AND chart.scope <> 'WALLET'
    WHERE named.account_number IS NULL;
    SELECT accounts.account_numbers, accounts.ample INTO account_numbers, ample FROM accounts_of(batch) AS accounts;
  END IF;
END
$$;

-- What still fits on the accounts of a batch, in its order. Bounds are null where there is none.
CREATE TYPE standing AS (
  debit_room    bigint[],           -- what 64 bits still take on either side
  credit_room   bigint[],
  funds         bigint[],           -- available above the floor
  headroom      bigint[],           -- below the ceiling
  debit_faults  ledger_error_code[], -- why the account takes no entry of that side, whatever it holds
  credit_faults ledger_error_code[]
);

CREATE FUNCTION standing_of(batch batch) RETURNS standing
LANGUAGE sql STABLE AS $$
  SELECT array_agg(9223372036854775807 - account_debits ORDER BY place),
    array_agg(9223372036854775807 - account_credits + least(floor, 0) ORDER BY place), -- with all of its credit limit
    array_agg(credits_posted - account_debits - floor ORDER BY place),
    array_agg(ceiling - account_credits + debits_posted ORDER BY place),
    array_agg(coalesce(misfit, CASE status WHEN 'FROZEN_DEBIT' THEN 'ACCOUNT_FROZEN' END)::ledger_error_code ORDER BY place),
    array_agg(coalesce(misfit, CASE status WHEN 'FROZEN_CREDIT' THEN 'ACCOUNT_FROZEN' END)::ledger_error_code ORDER BY place)
  FROM (
    SELECT place, id, status, floor, ceiling, debits_posted, credits_posted,
      debits_posted + debits_pending AS account_debits, credits_posted + credits_pending AS account_credits,
      CASE
        WHEN status = 'OPEN' AND account.currency = named.currency THEN NULL
        WHEN id IS NULL THEN 'ACCOUNT_NOT_FOUND'
        WHEN account.currency <> named.currency THEN 'INVALID_AMOUNT'
        WHEN status = 'CLOSED' THEN 'ACCOUNT_CLOSED'
        WHEN status = 'FROZEN' THEN 'ACCOUNT_FROZEN'
      END AS misfit
    FROM unnest(batch.addresses, batch.currencies) WITH ORDINALITY AS named (address, currency, place)
    LEFT JOIN account ON account.address = named.address
  ) AS each_account
$$;

-- How a reservation was resolved, for those who come too late; null while it holds funds.
CREATE FUNCTION resolution(state reservation_state) RETURNS ledger_error_code
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE state
    WHEN 'CAPTURED' THEN 'RESERVATION_CAPTURED'::ledger_error_code
    WHEN 'VOIDED' THEN 'RESERVATION_VOIDED'
    WHEN 'EXPIRED' THEN 'RESERVATION_EXPIRED'
  END
$$;

-- Decides new transactions and reservations in order, each against what those before it leave, so that a refusal fails no
-- other, except those it is linked with: of them all are accepted or none.
--
-- `codes` says of items why they are refused already, `settled` of which nothing is left to do. What comes back: every
-- refusal's code, the slot of the account at fault if one is, and which items are to be carried out now.
CREATE FUNCTION decide(
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
        FOR n IN first_entry .. last_entry LOOP
          slot := slots[n];
          amount := amounts[n];
          IF directions[n] = 'DEBIT' THEN
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

-- The refusals among the items of a batch.
CREATE FUNCTION refusals(batch batch, codes ledger_error_code[], faults integer[]) RETURNS SETOF refusal
LANGUAGE sql STABLE AS $$
  SELECT place::integer, code, batch.addresses[fault]
  FROM unnest(codes, faults) WITH ORDINALITY AS given (code, fault, place)
  WHERE code IS NOT NULL
$$;

-- Which of the ids have been posted already, and of those the ones that were posted for something else.
CREATE FUNCTION recognise_transactions(batch batch, OUT settled boolean[], OUT codes ledger_error_code[])
LANGUAGE sql STABLE AS $$
  SELECT array_agg(key.id IS NOT NULL ORDER BY place),
    array_agg(CASE WHEN key.fingerprint <> given.fingerprint THEN 'IDEMPOTENCY_CONFLICT' END::ledger_error_code ORDER BY place)
  FROM unnest(batch.ids, batch.fingerprints) WITH ORDINALITY AS given (id, fingerprint, place)
  LEFT JOIN idempotency_key AS key ON key.id = given.id
$$;

-- The ends of items in the arrays of their entries.
CREATE FUNCTION ends_of(sizes integer[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(last ORDER BY place)
  FROM (
    SELECT place, sum(size) OVER (ORDER BY place)::integer AS last
    FROM unnest(sizes) WITH ORDINALITY AS given (size, place)
  ) AS ends
$$;

-- What is left of a batch without the items that were not accepted, and without accounts that only those named.
CREATE FUNCTION only_accepted(INOUT batch batch, INOUT account_numbers bigint[], accepted boolean[])
LANGUAGE plpgsql AS $$
DECLARE
  line record;
BEGIN
  SELECT array_agg(slot ORDER BY n) AS slots, array_agg(direction ORDER BY n) AS directions,
    array_agg(amount ORDER BY n) AS amounts, array_agg(DISTINCT slot) AS used
  INTO line
  FROM unnest(batch.sizes, ends_of(batch.sizes), accepted) AS item (size, last, accepted)
  CROSS JOIN LATERAL generate_series(last - size + 1, last) AS n
  CROSS JOIN LATERAL (SELECT batch.slots[n] AS slot, batch.directions[n] AS direction, batch.amounts[n] AS amount) AS entry
  WHERE item.accepted;
  batch.slots := ARRAY(
    SELECT array_position(line.used, slot) FROM unnest(line.slots) WITH ORDINALITY AS given (slot, n) ORDER BY n
  );
  batch.directions := line.directions;
  batch.amounts := line.amounts;
  account_numbers := ARRAY(
    SELECT account_numbers[slot] FROM unnest(line.used) WITH ORDINALITY AS given (slot, n) ORDER BY n
  );
  SELECT array_agg(id ORDER BY place), array_agg(fingerprint ORDER BY place), array_agg(target ORDER BY place),
    array_agg(kind ORDER BY place), array_agg(reference ORDER BY place), array_agg(effective_at ORDER BY place),
    array_agg(metadata ORDER BY place), array_agg(size ORDER BY place)
  INTO batch.ids, batch.fingerprints, batch.targets, batch.kinds, batch."references", batch.effective_at, batch.metadata,
    batch.sizes
  FROM unnest(
    batch.ids, batch.fingerprints, batch.targets, batch.kinds, batch."references", batch.effective_at, batch.metadata,
    batch.sizes, accepted
  ) WITH ORDINALITY AS item (id, fingerprint, target, kind, reference, effective_at, metadata, size, accepted, place)
  WHERE item.accepted;
END
$$;

-- Posts the accepted items.
CREATE FUNCTION write_transactions(batch batch, account_numbers bigint[], accepted boolean[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  rest record;
BEGIN
  IF true <> ALL (accepted) THEN
    RETURN;
  END IF;
  IF false = ANY (accepted) THEN
    rest := only_accepted(batch, account_numbers, accepted);
    batch := rest.batch;
    account_numbers := rest.account_numbers;
  END IF;
  INSERT INTO posting (
    account_numbers, ids, fingerprints, kinds, "references", reverses, effective_at, metadata, sizes, slots, directions, amounts
  ) VALUES (
    account_numbers, batch.ids, batch.fingerprints, batch.kinds, batch."references", batch.targets, batch.effective_at,
    batch.metadata, batch.sizes, batch.slots, batch.directions, batch.amounts
  );
END
$$;

-- The numbers of accounts by the address and the currency that they are called by, null for those that are not there.
CREATE FUNCTION known_accounts(batch batch) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
  SELECT array_agg(
    (SELECT number FROM account WHERE account.address = named.address AND account.currency = named.currency) ORDER BY slot
  )
  FROM unnest(batch.addresses, batch.currencies) WITH ORDINALITY AS named (address, currency, slot)
$$;

-- Ends those of the reservations that still hold funds, and gives back what they hold.
CREATE FUNCTION resolve_reservations(reservation_ids text[], outcome reservation_state) RETURNS SETOF text
LANGUAGE sql AS $$
  UPDATE reservation
  SET state = outcome, resolved_at = clock_timestamp(), remaining = array_fill(0::bigint, ARRAY[cardinality(amounts)])
  WHERE id = ANY (reservation_ids) AND state = 'RESERVED'
  RETURNING id
$$;

-- Ends those of the reservations that have run out, before anything else is decided about them.
CREATE FUNCTION expire_overdue(reservation_ids text[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
  instant timestamptz := clock_timestamp();
  overdue text[];
BEGIN
  overdue := ARRAY(
    SELECT id FROM reservation WHERE id = ANY (reservation_ids) AND state = 'RESERVED' AND expires_at <= instant
  );
  IF overdue <> '{}' THEN
    RETURN QUERY SELECT resolve_reservations(overdue, 'EXPIRED');
  END IF;
END
$$;

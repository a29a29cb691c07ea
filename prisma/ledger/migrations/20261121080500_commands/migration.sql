-- The commands: all that the service may do to the books. Each takes a batch and answers per item, in its order.
--
-- Tables grow while plans stay in a session's cache: one made while a table was small would read all of a large one.
-- Every look-up here is by key, so the plans that read whole tables are ruled out, for the triggers below too. Batches look
-- larger to the planner than they are, which would have every statement compiled: never worth it here.

-- Nearly always nothing of a batch is known and all of it fits. Posted at once it says so itself, without a look at the
-- accounts beforehand. If it does not, or is expected not to, its items are decided one by one.
CREATE FUNCTION post_transactions(batch batch, doubtful boolean) RETURNS SETOF refusal
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
    EXCEPTION WHEN integrity_constraint_violation THEN
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

-- A reversal is judged like any other new transaction: it needs funds, and accounts that take it.
CREATE FUNCTION reverse_transactions(batch batch) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  known    record;
  reversal record;
  decision record;
BEGIN
  PERFORM lock_ledger();
  known := recognise_transactions(batch);
  reversal := as_reversals(batch);
  decision := decide(
    reversal.batch, false, false, known.settled,
    ARRAY(
      SELECT CASE WHEN settled THEN code ELSE fault END
      FROM unnest(known.settled, known.codes, reversal.codes) WITH ORDINALITY AS item (settled, code, fault, place)
      ORDER BY place
    )
  );
  PERFORM write_transactions(reversal.batch, reversal.account_numbers, decision.accepted);
  RETURN QUERY
    SELECT place::integer, code, coalesce((reversal.batch).addresses[fault], batch.addresses[excess])
    FROM unnest(decision.codes, decision.faults, reversal.excessive) WITH ORDINALITY AS item (code, fault, excess, place)
    WHERE code IS NOT NULL;
END
$$;

-- A repeat is done, unless what was reserved has been given back since.
CREATE FUNCTION reserve_funds(batch batch) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  instant     timestamptz;
  accounts    record;
  known       record;
  decision    record;
  account_numbers bigint[] := array_fill(0::bigint, ARRAY[cardinality(batch.slots)]); -- of each entry
BEGIN
  PERFORM lock_ledger();
  instant := clock_timestamp();
  accounts := accounts_after_opening(batch);
  FOR n IN 1 .. cardinality(batch.slots) LOOP
    account_numbers[n] := accounts.account_numbers[batch.slots[n]];
  END LOOP;
  SELECT array_agg(reservation.id IS NOT NULL ORDER BY place) AS settled,
    array_agg(CASE
      WHEN reservation.fingerprint <> given.fingerprint THEN 'IDEMPOTENCY_CONFLICT'::ledger_error_code
      WHEN reservation.state IN ('VOIDED', 'EXPIRED') THEN resolution(reservation.state)
      WHEN reservation.id IS NOT NULL THEN NULL
      WHEN given.expires_at <= instant OR given.expires_at > instant + interval '744 hours' THEN 'INVALID_INPUT'
    END ORDER BY place) AS codes
  INTO known
  FROM unnest(batch.ids, batch.fingerprints, batch.expires_at) WITH ORDINALITY
    AS given (id, fingerprint, expires_at, place)
  LEFT JOIN reservation ON reservation.id = given.id;
  decision := decide(batch, accounts.ample, true, known.settled, known.codes);
  INSERT INTO reservation (
    id, kind, reference, fingerprint, account_numbers, directions, amounts, remaining, reserved_at, expires_at
  )
  SELECT id, kind, reference, fingerprint,
    account_numbers[first : last], batch.directions[first : last], batch.amounts[first : last],
    batch.amounts[first : last], instant, expires_at
  FROM (
    SELECT *, last - size + 1 AS first
    FROM unnest(
      batch.ids, batch.kinds, batch."references", batch.fingerprints, batch.expires_at, batch.sizes,
      ends_of(batch.sizes), decision.accepted
    ) AS given (id, kind, reference, fingerprint, expires_at, size, last, accepted)
    WHERE accepted
  ) AS item;
  RETURN QUERY SELECT * FROM refusals(batch, decision.codes, decision.faults);
END
$$;

-- What becomes of a capture: why it is refused, or what it takes of each of the reservation's entries.
CREATE TYPE capture_judgement AS (
  place           integer,
  id              text,
  fingerprint     bytea,
  target          text,
  effective_at    timestamptz,
  metadata        jsonb,
  kind            transaction_kind,
  reference       text,
  account_numbers bigint[],
  directions      entry_direction[],
  taken           bigint[],
  size            integer, -- how many of them are not zero
  ends            boolean, -- whether the reservation ends
  accepted        boolean,
  code            ledger_error_code,
  fault           integer -- the slot of the account at fault
);

CREATE FUNCTION judge_captures(batch batch) RETURNS capture_judgement[]
LANGUAGE plpgsql AS $$
DECLARE
  named bigint[] := known_accounts(batch); -- those of entries that are captured in part
BEGIN
  RETURN ARRAY(
    SELECT ROW(
      place, id, fingerprint, target, effective_at, metadata, kind, reference, account_numbers, directions, taken,
      cardinality(array_remove(taken, 0)),
      releases OR taken = remaining, code IS NULL AND NOT settled, code, fault
    )::capture_judgement
    FROM (
      SELECT item.*, held.kind, held.reference, held.account_numbers, held.directions, held.remaining, excess.slot AS fault,
        CASE
          WHEN key.fingerprint = item.fingerprint THEN NULL
          WHEN key.id IS NOT NULL THEN 'IDEMPOTENCY_CONFLICT'
          WHEN held.id IS NULL THEN 'RESERVATION_NOT_FOUND'
          WHEN held.state <> 'RESERVED' THEN resolution(held.state)
          WHEN excess.slot IS NOT NULL THEN 'EXCEEDS_RESERVATION'
        END::ledger_error_code AS code,
        key.id IS NOT NULL AS settled,
        CASE
          WHEN size = 0 THEN held.remaining
          ELSE (
            SELECT array_agg(coalesce(given.amount, 0) ORDER BY place)
            FROM unnest(held.account_numbers, held.directions) WITH ORDINALITY AS part (account_number, direction, place)
            LEFT JOIN LATERAL (
              SELECT batch.amounts[n] AS amount FROM generate_series(last - size + 1, last) AS n
              WHERE named[batch.slots[n]] = part.account_number AND batch.directions[n] = part.direction
            ) AS given ON true
          )
        END AS taken
      FROM unnest(
        batch.ids, batch.fingerprints, batch.targets, batch.effective_at, batch.metadata, batch.releases, batch.sizes,
        ends_of(batch.sizes)
      ) WITH ORDINALITY AS item (id, fingerprint, target, effective_at, metadata, releases, size, last, place)
      LEFT JOIN idempotency_key AS key ON key.id = item.id
      LEFT JOIN reservation AS held ON held.id = item.target
      LEFT JOIN LATERAL (
        SELECT batch.slots[n] AS slot FROM generate_series(last - size + 1, last) AS n
        WHERE NOT EXISTS (
          SELECT FROM unnest(held.account_numbers, held.directions, held.remaining) AS part (account_number, direction, rest)
          WHERE part.account_number = named[batch.slots[n]] AND part.direction = batch.directions[n]
            AND part.rest >= batch.amounts[n]
        )
        ORDER BY n LIMIT 1
      ) AS excess ON true
    ) AS judged
    ORDER BY place
  );
END
$$;

-- Captures and expiries meet at the head's lock: whichever comes second finds the reservation resolved. A capture needs no
-- funds and fits no limit: the reservation saw to both.
CREATE FUNCTION capture_reservations(batch batch) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  judged capture_judgement[];
BEGIN
  PERFORM lock_ledger();
  PERFORM expire_overdue(batch.targets);
  judged := judge_captures(batch);

  UPDATE reservation SET -- holds go before the money does
    state = CASE WHEN ends THEN 'CAPTURED' ELSE reservation.state END,
    resolved_at = CASE WHEN ends THEN clock_timestamp() END,
    remaining = CASE
      WHEN ends THEN array_fill(0::bigint, ARRAY[cardinality(taken)])
      ELSE ARRAY(SELECT held - part FROM unnest(reservation.remaining, taken) AS rest (held, part))
    END
  FROM unnest(judged) AS captured WHERE reservation.id = captured.target AND captured.accepted;

  IF EXISTS (SELECT FROM unnest(judged) WHERE accepted) THEN
    WITH line AS MATERIALIZED (
      SELECT place, n, account_number, direction, amount, dense_rank() OVER (ORDER BY account_number)::integer AS slot
      FROM unnest(judged) CROSS JOIN LATERAL unnest(account_numbers, directions, taken) WITH ORDINALITY
        AS part (account_number, direction, amount, n)
      WHERE accepted AND amount > 0
    )
    INSERT INTO posting (
      account_numbers, slots, directions, amounts, ids, fingerprints, kinds, "references", reservation_ids, effective_at,
      metadata, sizes
    )
    SELECT lines.*, items.*
    FROM (
      SELECT array_agg(DISTINCT account_number), array_agg(slot ORDER BY place, n), array_agg(direction ORDER BY place, n),
        array_agg(amount ORDER BY place, n)
      FROM line
    ) AS lines CROSS JOIN (
      SELECT array_agg(id), array_agg(fingerprint), array_agg(kind), array_agg(reference), array_agg(target),
        array_agg(effective_at), array_agg(metadata), array_agg(size)
      FROM (SELECT * FROM unnest(judged) WHERE accepted ORDER BY place) AS item
    ) AS items;
  END IF;

  RETURN QUERY
    SELECT place, code, batch.addresses[CASE code WHEN 'EXCEEDS_RESERVATION' THEN fault END]
    FROM unnest(judged) WHERE code IS NOT NULL;
END
$$;

-- An id that was never reserved gets a tombstone, so that a reservation that arrives late finds it voided.
CREATE FUNCTION void_reservations(reservation_ids text[]) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM lock_ledger();
  PERFORM expire_overdue(reservation_ids);
  PERFORM resolve_reservations(reservation_ids, 'VOIDED');
  INSERT INTO reservation (id, state, resolved_at)
  SELECT given.id, 'VOIDED', clock_timestamp() FROM unnest(reservation_ids) AS given (id)
  WHERE NOT EXISTS (SELECT FROM reservation WHERE reservation.id = given.id);
  RETURN QUERY
    SELECT place::integer, resolution(reservation.state), NULL::text
    FROM unnest(reservation_ids) WITH ORDINALITY AS given (id, place)
    JOIN reservation ON reservation.id = given.id
    WHERE reservation.state <> 'VOIDED';
END
$$;

-- Ends up to `at_most` reservations that have run out; returns their ids.
CREATE FUNCTION expire_reservations(at_most integer) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  instant timestamptz := clock_timestamp();
  due     text[];
BEGIN
  due := ARRAY(
    SELECT id FROM reservation WHERE state = 'RESERVED' AND expires_at <= instant ORDER BY expires_at LIMIT at_most
  );
  IF due <> '{}' THEN -- the lock is only for those who have something to write
    PERFORM lock_ledger();
    RETURN QUERY SELECT expire_overdue(due);
  END IF;
END
$$;

-- Opens wallets' accounts. A wallet that has one of the same owner and currency is done.
CREATE FUNCTION open_accounts(wallet_ids text[], owner_ids text[], currencies text[]) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM lock_ledger();
  INSERT INTO account (address, purpose, currency, wallet_id, owner_id, normal_balance, floor)
  SELECT asked.wallet_id, chart.purpose, asked.currency, asked.wallet_id, asked.owner_id, chart.normal_balance,
    CASE chart.policy WHEN 'FLOOR' THEN 0 END
  FROM unnest(wallet_ids, owner_ids, currencies) AS asked (wallet_id, owner_id, currency)
  JOIN chart_of_accounts AS chart ON chart.purpose = 'WALLET'
  WHERE NOT EXISTS (SELECT FROM account WHERE account.wallet_id = asked.wallet_id);
  RETURN QUERY
    SELECT place::integer, 'IDEMPOTENCY_CONFLICT'::ledger_error_code, account.wallet_id
    FROM unnest(wallet_ids, owner_ids, currencies) WITH ORDINALITY AS asked (wallet_id, owner_id, currency, place)
    JOIN account ON account.wallet_id = asked.wallet_id
    WHERE (account.owner_id, account.currency) <> (asked.owner_id, asked.currency);
END
$$;

-- Sets the status of wallets' accounts. CLOSED is for good, and only for an empty account.
CREATE FUNCTION set_account_statuses(wallet_ids text[], statuses account_status[]) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM lock_ledger();
  RETURN QUERY
    WITH judged AS MATERIALIZED (
      SELECT asked.*, CASE
        WHEN account.id IS NULL THEN 'ACCOUNT_NOT_FOUND'
        WHEN asked.status = account.status THEN NULL
        WHEN account.status = 'CLOSED' THEN 'ACCOUNT_CLOSED'
        WHEN asked.status = 'CLOSED'
          AND (posted(account) <> 0 OR account.debits_pending > 0 OR account.credits_pending > 0) THEN 'ACCOUNT_NOT_EMPTY'
      END::ledger_error_code AS code
      FROM unnest(wallet_ids, statuses) WITH ORDINALITY AS asked (wallet_id, status, place)
      LEFT JOIN account ON account.wallet_id = asked.wallet_id
    ), changed AS (
      UPDATE account SET status = judged.status FROM judged
      WHERE account.wallet_id = judged.wallet_id AND judged.code IS NULL AND account.status <> judged.status
    )
    SELECT place::integer, code, wallet_id FROM judged WHERE code IS NOT NULL;
END
$$;

-- Sets how far wallets' accounts may go below zero, and what they may hold at most; null is without a bound.
CREATE FUNCTION set_account_limits(
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
        WHEN account.credits_posted::numeric + account.credits_pending + asked.credit_limit > 9223372036854775807 THEN 'OVERFLOW'
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

-- Gives reservations that still hold funds more time; never less.
CREATE FUNCTION extend_reservations(reservation_ids text[], expiries timestamptz[]) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM lock_ledger();
  PERFORM expire_overdue(reservation_ids);
  RETURN QUERY
    WITH judged AS MATERIALIZED (
      SELECT asked.*, CASE
        WHEN reservation.id IS NULL THEN 'RESERVATION_NOT_FOUND'
        WHEN reservation.state <> 'RESERVED' THEN resolution(reservation.state)
        WHEN asked.expires_at > reservation.reserved_at + interval '744 hours' THEN 'INVALID_INPUT'
      END::ledger_error_code AS code
      FROM unnest(reservation_ids, expiries) WITH ORDINALITY AS asked (id, expires_at, place)
      LEFT JOIN reservation ON reservation.id = asked.id
    ), extended AS (
      UPDATE reservation SET expires_at = judged.expires_at FROM judged
      WHERE reservation.id = judged.id AND judged.code IS NULL AND judged.expires_at > reservation.expires_at
    )
    SELECT place::integer, code, NULL::text FROM judged WHERE code IS NOT NULL;
END
$$;

GRANT EXECUTE ON FUNCTION
  post_transactions(batch, boolean), reverse_transactions(batch), reserve_funds(batch), capture_reservations(batch),
  void_reservations(text[]), expire_reservations(integer), extend_reservations(text[], timestamptz[]),
  open_accounts(text[], text[], text[]), set_account_statuses(text[], account_status[]),
  set_account_limits(text[], text[], bigint[], bigint[]), create_partitions(integer)
TO ledger_service;

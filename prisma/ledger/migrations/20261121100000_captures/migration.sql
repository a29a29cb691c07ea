-- Captures move each of their accounts once. The reservations were given back by one statement and the money moved by another,
-- which updated every account twice; now posting captures the reservations too, and takes from the accounts what they held
-- as it moves them.

CREATE OR REPLACE VIEW posting AS
SELECT
  -- The accounts that are moved, each once: by their numbers, or by addresses and currencies. Those by addresses have to be
  -- open, and all that is moved on each has to fit whatever the order.
  NULL::bigint[]           AS account_numbers,
  NULL::text[]             AS addresses,
  NULL::text[]             AS currencies,
  -- Of each transaction. What is null of one is left out; arrays of nothing else may be null.
  NULL::text[]             AS ids,
  NULL::bytea[]            AS fingerprints,
  NULL::transaction_kind[] AS kinds,
  NULL::text[]             AS "references",
  NULL::text[]             AS reservation_ids, -- the one that it captures
  NULL::text[]             AS reverses,        -- the transaction that it takes back
  NULL::timestamptz[]      AS effective_at,    -- when it is posted, unless told
  NULL::jsonb[]            AS metadata,
  NULL::integer[]          AS sizes,           -- how many entries
  -- Of each entry, those of one transaction after those of the one before it.
  NULL::integer[]          AS slots,           -- the place of its account above
  NULL::entry_direction[]  AS directions,
  NULL::bigint[]           AS amounts,
  -- Of each transaction: whether the reservation that it captures ends. Where it is given, the reservations are captured here,
  -- and the accounts are all of theirs, in ascending order.
  NULL::boolean[]          AS ends
WHERE false;


-- What captured reservations held: of each of their accounts, in ascending order.
CREATE TYPE released_holds AS (
  account_numbers bigint[],
  debits          bigint[],
  credits         bigint[],
  reservations    bigint -- how many were captured
);

-- Takes from the reservations what the transactions of a batch post of them, all of it where they end.
CREATE FUNCTION capture_holds(batch posting) RETURNS released_holds
LANGUAGE sql AS $$
  WITH captured AS (
    UPDATE reservation SET
      state = CASE WHEN ends THEN 'CAPTURED' ELSE reservation.state END,
      resolved_at = CASE WHEN ends THEN clock_timestamp() END,
      remaining = CASE
        WHEN ends THEN array_fill(0::bigint, ARRAY[cardinality(remaining)])
        ELSE ARRAY(
          SELECT held - coalesce((
            SELECT batch.amounts[n] FROM generate_series(last - size + 1, last) AS n
            WHERE batch.account_numbers[batch.slots[n]] = part.account_number AND batch.directions[n] = part.direction
          ), 0)
          FROM unnest(account_numbers, directions, remaining) WITH ORDINALITY AS part (account_number, direction, held, place)
          ORDER BY part.place
        )
      END
    FROM unnest(batch.reservation_ids, batch.ends, batch.sizes, ends_of(batch.sizes)) AS item (id, ends, size, last)
    WHERE reservation.id = item.id AND reservation.resolved_at IS NULL -- not by state: whose index has all that are open
    RETURNING WITH (OLD AS before) reservation.id, reservation.account_numbers, reservation.directions,
      before.remaining AS before, reservation.remaining AS after
  )
  SELECT array_agg(account_number ORDER BY account_number), array_agg(debits ORDER BY account_number),
    array_agg(credits ORDER BY account_number), (SELECT count(*) FROM captured)
  FROM (
    SELECT account_number,
      coalesce(sum(held - rest) FILTER (WHERE direction = 'DEBIT'), 0)::bigint AS debits,
      coalesce(sum(held - rest) FILTER (WHERE direction = 'CREDIT'), 0)::bigint AS credits
    FROM captured CROSS JOIN LATERAL unnest(account_numbers, directions, before, after) AS part (account_number, direction, held, rest)
    GROUP BY account_number
  ) AS of_account
$$;

-- The same: by the ids, whatever share of all reservations is open.
CREATE OR REPLACE FUNCTION resolve_reservations(reservation_ids text[], outcome reservation_state) RETURNS SETOF text
LANGUAGE sql AS $$
  UPDATE reservation
  SET state = outcome, resolved_at = clock_timestamp(), remaining = array_fill(0::bigint, ARRAY[cardinality(amounts)])
  WHERE id = ANY (reservation_ids) AND resolved_at IS NULL
  RETURNING id
$$;

-- Inlined only if it does not claim more than `convert_to`, which is stable.
CREATE OR REPLACE FUNCTION digest_of(standing text) RETURNS numeric
LANGUAGE sql STABLE
RETURN substr(sha256(convert_to(standing, 'UTF8')), 1, 8)::bigint;

-- In posting, the accounts are given back what reservations held as they are moved.
DROP TRIGGER reservation_is_released ON reservation;
CREATE TRIGGER reservation_is_released AFTER UPDATE ON reservation
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION release_reservations();

DROP FUNCTION move_accounts(bigint[], bigint[], bigint[], bigint[]);
CREATE FUNCTION move_accounts(
  account_numbers bigint[], debits bigint[], credits bigint[], entries bigint[], released_debits bigint[],
  released_credits bigint[]
)
RETURNS moved_accounts
LANGUAGE sql AS $$
  WITH counted AS (
    UPDATE account SET
      debits_posted = debits_posted + moved.debits,
      credits_posted = credits_posted + moved.credits,
      debits_pending = debits_pending - coalesce(moved.released_debits, 0),
      credits_pending = credits_pending - coalesce(moved.released_credits, 0),
      version = version + moved.entries
    FROM unnest(account_numbers, debits, credits, entries, released_debits, released_credits) WITH ORDINALITY
      AS moved (number, debits, credits, entries, released_debits, released_credits, slot)
    WHERE account.number = moved.number
    RETURNING WITH (OLD AS before) slot, account.number, before.version, before.credits_posted - before.debits_posted AS net,
      CASE account.normal_balance WHEN 'CREDIT' THEN 1 ELSE -1 END AS sign, account.currency
  )
  SELECT array_agg(number), array_agg(version), array_agg(net), array_agg(sign::bigint), array_agg(currency)
  FROM (SELECT * FROM counted ORDER BY slot) AS in_order
$$;

CREATE OR REPLACE FUNCTION post_batch() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex'
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  summable        CONSTANT bigint   := 2 ^ 57; -- 32 of them fit into 64 bits
  sizes           integer[]         := NEW.sizes;
  slots           integer[]         := NEW.slots;
  directions      entry_direction[] := NEW.directions;
  amounts         bigint[]          := NEW.amounts;
  head            record;
  -- Of each account: what is moved, and where it stands as the entries follow each other.
  debits          bigint[]          := array_fill(
    0::bigint, ARRAY[coalesce(cardinality(NEW.addresses), cardinality(NEW.account_numbers))]
  );
  credits         bigint[]          := debits;
  entries         bigint[]          := debits;
  released        released_holds;
  moved           moved_accounts;
  account_numbers bigint[];
  versions        bigint[];
  nets            bigint[];
  signs           bigint[];
  currencies      text[];
  -- Of each transaction.
  item_ends       integer[]         := sizes;
  item_times      timestamptz[]     := array_fill('epoch'::timestamptz, ARRAY[cardinality(sizes)]);
  -- Of each entry.
  line_numbers    bigint[]          := array_fill(0::bigint, ARRAY[cardinality(slots)]);
  line_sequences  bigint[]          := line_numbers;
  line_versions   bigint[]          := line_numbers;
  line_balances   bigint[]          := line_numbers;
  line_times      timestamptz[]     := array_fill('epoch'::timestamptz, ARRAY[cardinality(slots)]);
  line_positions  smallint[]        := array_fill(0::smallint, ARRAY[cardinality(slots)]);
  -- Of the transaction and the entry that it is at.
  last_sequence   bigint;
  instant         timestamptz;
  first           integer;
  last            integer           := 0;
  currency        text;
  rest            bigint; -- credits less debits
  is_simple       boolean;
  is_sound        boolean;
  slot            integer;
  signed          bigint;
  batch           record;
  link            bytea;
BEGIN
  IF cardinality(sizes) = 0 THEN
    RETURN NULL;
  END IF;
  SELECT ledger_head.sequence, hash, greatest(clock_timestamp(), ledger_head.posted_at) AS posted_at
  INTO head FROM ledger_head FOR UPDATE;

  FOR n IN 1 .. cardinality(slots) LOOP
    slot := slots[n];
    entries[slot] := entries[slot] + 1;
    IF directions[n] = 'DEBIT' THEN
      debits[slot] := debits[slot] + amounts[n];
    ELSE
      credits[slot] := credits[slot] + amounts[n];
    END IF;
  END LOOP;
  IF NEW.addresses IS NULL THEN
    IF NEW.ends IS NOT NULL THEN
      released := capture_holds(NEW);
      IF released.account_numbers IS DISTINCT FROM NEW.account_numbers
        OR released.reservations <> cardinality(NEW.reservation_ids) THEN
        RAISE EXCEPTION 'A reservation holds nothing to capture, or holds it on other accounts'
          USING ERRCODE = 'integrity_constraint_violation';
      END IF;
    END IF;
    moved := move_accounts(NEW.account_numbers, debits, credits, entries, released.debits, released.credits);
  ELSE
    moved := move_open_accounts(NEW.addresses, NEW.currencies, debits, credits, entries);
  END IF;
  IF cardinality(moved.numbers) IS DISTINCT FROM cardinality(entries) THEN
    RAISE EXCEPTION 'An account is unknown, takes no such entries, or is named twice'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  account_numbers := moved.numbers;
  versions := moved.versions;
  nets := moved.nets;
  signs := moved.signs;
  currencies := moved.currencies;

  last_sequence := head.sequence;
  instant := head.posted_at;
  FOR item IN 1 .. cardinality(sizes) LOOP
    last_sequence := last_sequence + 1;
    instant := instant + interval '1 microsecond';
    first := last + 1;
    last := last + sizes[item];
    item_ends[item] := last;
    item_times[item] := instant;
    currency := currencies[slots[first]];
    is_simple := true;
    rest := 0;
    FOR n IN first .. last LOOP
      slot := slots[n];
      signed := CASE directions[n] WHEN 'CREDIT' THEN amounts[n] ELSE -amounts[n] END;
      IF currencies[slot] = currency AND amounts[n] < summable THEN
        rest := rest + signed;
      ELSE
        is_simple := false;
      END IF;
      versions[slot] := versions[slot] + 1;
      nets[slot] := nets[slot] + signed;
      line_numbers[n] := account_numbers[slot];
      line_sequences[n] := last_sequence;
      line_versions[n] := versions[slot];
      line_balances[n] := nets[slot] * signs[slot];
      line_times[n] := instant;
      line_positions[n] := n - first + 1;
    END LOOP;
    IF is_simple THEN
      is_sound := rest = 0;
    ELSE
      is_sound := NOT EXISTS (
        SELECT FROM unnest(slots[first : last], directions[first : last], amounts[first : last])
          AS line (slot, direction, amount)
        GROUP BY currencies[line.slot]
        HAVING sum(CASE direction WHEN 'DEBIT' THEN amount ELSE -amount END) IS DISTINCT FROM 0
      );
    END IF;
    IF is_sound IS NOT TRUE THEN
      RAISE EXCEPTION 'Debits and credits of % differ', NEW.ids[item] USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;

  IF last <> cardinality(slots) THEN
    RAISE EXCEPTION 'There are entries of no transaction' USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  WITH written AS (
    INSERT INTO transaction (
      sequence, posted_at, id, kind, reference, fingerprint, reservation_id, reverses, account_numbers, directions, amounts,
      effective_at, metadata
    )
    SELECT head.sequence + place, item.posted_at, id, kind, reference, fingerprint, reservation_id, item.reverses,
      line_numbers[ends - size + 1 : ends], directions[ends - size + 1 : ends], amounts[ends - size + 1 : ends],
      coalesce(item.effective_at, item.posted_at), coalesce(item.metadata, '{}')
    FROM unnest(
      item_times, NEW.ids, NEW.kinds, NEW."references", NEW.fingerprints, NEW.reservation_ids, NEW.reverses, NEW.effective_at,
      NEW.metadata, sizes, item_ends
    ) WITH ORDINALITY AS item (
      posted_at, id, kind, reference, fingerprint, reservation_id, reverses, effective_at, metadata, size, ends, place
    )
    RETURNING transaction.sequence, content_of(transaction) AS content
  )
  SELECT array_agg(hash) AS contents, string_agg(hash, '') AS digest INTO batch
  FROM (SELECT sha256(convert_to(content, 'UTF8')) AS hash FROM written ORDER BY written.sequence) AS in_order;

  INSERT INTO idempotency_key (id, fingerprint, sequence, posted_at)
  SELECT id, fingerprint, head.sequence + place, item.posted_at
  FROM unnest(NEW.ids, NEW.fingerprints, item_times) WITH ORDINALITY AS item (id, fingerprint, posted_at, place);

  INSERT INTO entry (account_number, posted_at, version, sequence, amount, balance, direction, position)
  SELECT * FROM unnest(
    line_numbers, line_times, line_versions, line_sequences, amounts, line_balances, directions, line_positions
  );

  link := sha256(head.hash || batch.digest);
  INSERT INTO seal (last_sequence, contents, hash) VALUES (last_sequence, batch.contents, link);
  UPDATE ledger_head SET sequence = last_sequence, posted_at = instant, hash = link;

  IF NEW.reverses IS NOT NULL THEN
    PERFORM refuse_excessive_reversals(NEW.ids, NEW.reverses);
  END IF;
  RETURN NEW;
END
$$;

-- Captures and expiries meet at the head's lock: whichever comes second finds the reservation resolved. A capture needs no
-- funds and fits no limit: the reservation saw to both.
CREATE OR REPLACE FUNCTION capture_reservations(batch batch) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  judged capture_judgement[];
BEGIN
  PERFORM lock_ledger();
  PERFORM expire_overdue(batch.targets);
  judged := judge_captures(batch);

  IF EXISTS (SELECT FROM unnest(judged) WHERE accepted) THEN
    WITH line AS MATERIALIZED (
      SELECT place, n, account_number, direction, amount, dense_rank() OVER (ORDER BY account_number)::integer AS slot
      FROM unnest(judged) CROSS JOIN LATERAL unnest(account_numbers, directions, taken) WITH ORDINALITY
        AS part (account_number, direction, amount, n)
      WHERE accepted
    )
    INSERT INTO posting (
      account_numbers, slots, directions, amounts, ids, fingerprints, kinds, "references", reservation_ids, effective_at,
      metadata, sizes, ends
    )
    SELECT lines.*, items.*
    FROM (
      SELECT array_agg(DISTINCT account_number), array_agg(slot ORDER BY place, n) FILTER (WHERE amount > 0),
        array_agg(direction ORDER BY place, n) FILTER (WHERE amount > 0), array_agg(amount ORDER BY place, n) FILTER (WHERE amount > 0)
      FROM line
    ) AS lines CROSS JOIN (
      SELECT array_agg(id), array_agg(fingerprint), array_agg(kind), array_agg(reference), array_agg(target),
        array_agg(effective_at), array_agg(metadata), array_agg(size), array_agg(ends)
      FROM (SELECT * FROM unnest(judged) WHERE accepted ORDER BY place) AS item
    ) AS items;
  END IF;

  RETURN QUERY
    SELECT place, code, batch.addresses[CASE code WHEN 'EXCEEDS_RESERVATION' THEN fault END]
    FROM unnest(judged) WHERE code IS NOT NULL;
END
$$;

-- Accounts are looked at once, by the UPDATE that counts what is pending on them.
CREATE OR REPLACE FUNCTION hold_reservations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = on SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  fault text;
BEGIN
  WITH line AS MATERIALIZED (
    SELECT made.id, given.*
    FROM made
    CROSS JOIN LATERAL unnest(account_numbers, directions, amounts, remaining)
      AS given (account_number, direction, amount, remaining)
  ), counted AS (
    UPDATE account SET
      debits_pending = debits_pending + moved.debits,
      credits_pending = credits_pending + moved.credits
    FROM (
      SELECT account_number,
        coalesce(sum(amount) FILTER (WHERE direction = 'DEBIT'), 0) AS debits,
        coalesce(sum(amount) FILTER (WHERE direction = 'CREDIT'), 0) AS credits
      FROM line GROUP BY account_number
    ) AS moved
    WHERE account.number = moved.account_number
    RETURNING account.number, account.currency
  )
  SELECT id INTO fault FROM line LEFT JOIN counted ON counted.number = line.account_number
  GROUP BY id, currency
  HAVING currency IS NULL OR sum(CASE direction WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0
    OR bool_or(remaining <> amount)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The entries of % are not balanced entries of a new reservation', fault
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;

-- Posting in steps, each with what it needs: the accounts are moved, the entries follow from where they stood, and then
-- everything is written. It posts what it posted before.

-- What a batch posts, in arrays of one element per transaction (ends, times) or per entry.
CREATE TYPE posting_lines AS (
  ends        integer[],     -- the last entry of each transaction
  times       timestamptz[], -- when each transaction is posted
  numbers     bigint[],      -- of the accounts
  sequences   bigint[],      -- of the transactions
  versions    bigint[],
  balances    bigint[],
  entry_times timestamptz[],
  positions   smallint[]
);

-- Moves the accounts of a batch, and captures the reservations that it says are captured.
CREATE FUNCTION move_batch(batch posting) RETURNS moved_accounts
LANGUAGE plpgsql AS $$
DECLARE
  slots      integer[]         := batch.slots;
  directions entry_direction[] := batch.directions;
  amounts    bigint[]          := batch.amounts;
  slot       integer;
  debits     bigint[]          := array_fill(
    0::bigint, ARRAY[coalesce(cardinality(batch.addresses), cardinality(batch.account_numbers))]
  );
  credits    bigint[]          := debits;
  entries    bigint[]          := debits;
  released   released_holds;
  moved      moved_accounts;
BEGIN
  FOR n IN 1 .. cardinality(slots) LOOP
    slot := slots[n];
    entries[slot] := entries[slot] + 1;
    IF directions[n] = 'DEBIT' THEN
      debits[slot] := debits[slot] + amounts[n];
    ELSE
      credits[slot] := credits[slot] + amounts[n];
    END IF;
  END LOOP;
  IF batch.addresses IS NOT NULL THEN
    moved := move_open_accounts(batch.addresses, batch.currencies, debits, credits, entries);
  ELSE
    IF batch.ends IS NOT NULL THEN
      released := capture_holds(batch);
      IF released.account_numbers IS DISTINCT FROM batch.account_numbers
        OR released.reservations <> cardinality(batch.reservation_ids) THEN
        RAISE EXCEPTION 'A reservation holds nothing to capture, or holds it on other accounts'
          USING ERRCODE = 'integrity_constraint_violation';
      END IF;
    END IF;
    moved := move_accounts(batch.account_numbers, debits, credits, entries, released.debits, released.credits);
  END IF;
  IF cardinality(moved.numbers) IS DISTINCT FROM cardinality(entries) THEN
    RAISE EXCEPTION 'An account is unknown, takes no such entries, or is named twice'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN moved;
END
$$;

-- The entries of a batch, one transaction after the other, after `last_sequence` and a microsecond apart after `last_time`.
-- Refuses a batch in which a transaction does not balance. Loops over arrays are several times cheaper here than statements
-- that group and number rows.
CREATE FUNCTION lines_of(batch posting, moved moved_accounts, last_sequence bigint, last_time timestamptz)
RETURNS posting_lines
LANGUAGE plpgsql AS $$
DECLARE
  summable        CONSTANT bigint   := 2 ^ 57; -- 32 of them fit into 64 bits
  sizes           integer[]         := batch.sizes;
  slots           integer[]         := batch.slots;
  directions      entry_direction[] := batch.directions;
  amounts         bigint[]          := batch.amounts;
  account_numbers bigint[]          := moved.numbers;
  versions        bigint[]          := moved.versions;
  nets            bigint[]          := moved.nets;
  signs           bigint[]          := moved.signs;
  currencies      text[]            := moved.currencies;
  item_ends       integer[]         := sizes;
  item_times      timestamptz[]     := array_fill('epoch'::timestamptz, ARRAY[cardinality(sizes)]);
  line_numbers    bigint[]          := array_fill(0::bigint, ARRAY[cardinality(slots)]);
  line_sequences  bigint[]          := line_numbers;
  line_versions   bigint[]          := line_numbers;
  line_balances   bigint[]          := line_numbers;
  line_times      timestamptz[]     := array_fill('epoch'::timestamptz, ARRAY[cardinality(slots)]);
  line_positions  smallint[]        := array_fill(0::smallint, ARRAY[cardinality(slots)]);
  first           integer;
  last            integer           := 0;
  currency        text;
  rest            bigint; -- credits less debits
  is_simple       boolean;
  is_sound        boolean;
  slot            integer;
  signed          bigint;
BEGIN
  FOR item IN 1 .. cardinality(sizes) LOOP
    last_sequence := last_sequence + 1;
    last_time := last_time + interval '1 microsecond';
    first := last + 1;
    last := last + sizes[item];
    item_ends[item] := last;
    item_times[item] := last_time;
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
      line_times[n] := last_time;
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
      RAISE EXCEPTION 'Debits and credits of % differ', batch.ids[item] USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  IF last <> cardinality(slots) THEN
    RAISE EXCEPTION 'There are entries of no transaction' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN ROW(
    item_ends, item_times, line_numbers, line_sequences, line_versions, line_balances, line_times, line_positions
  )::posting_lines;
END
$$;

CREATE OR REPLACE FUNCTION post_batch() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex'
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  directions entry_direction[] := NEW.directions;
  amounts    bigint[]          := NEW.amounts;
  items      integer           := cardinality(NEW.sizes);
  head       record;
  lines      posting_lines;
  numbers    bigint[];
  written    record;
  link       bytea;
BEGIN
  IF items = 0 THEN
    RETURN NULL;
  END IF;
  SELECT sequence, hash, greatest(clock_timestamp(), posted_at) AS posted_at INTO head FROM ledger_head FOR UPDATE;
  lines := lines_of(NEW, move_batch(NEW), head.sequence, head.posted_at);
  numbers := lines.numbers;

  WITH written AS (
    INSERT INTO transaction (
      sequence, posted_at, id, kind, reference, fingerprint, reservation_id, reverses, account_numbers, directions, amounts,
      effective_at, metadata
    )
    SELECT head.sequence + place, item.posted_at, id, kind, reference, fingerprint, reservation_id, item.reverses,
      numbers[last - size + 1 : last], directions[last - size + 1 : last], amounts[last - size + 1 : last],
      coalesce(item.effective_at, item.posted_at), coalesce(item.metadata, '{}')
    FROM unnest(
      lines.times, NEW.ids, NEW.kinds, NEW."references", NEW.fingerprints, NEW.reservation_ids, NEW.reverses,
      NEW.effective_at, NEW.metadata, NEW.sizes, lines.ends
    ) WITH ORDINALITY AS item (
      posted_at, id, kind, reference, fingerprint, reservation_id, reverses, effective_at, metadata, size, last, place
    )
    RETURNING transaction.sequence, content_of(transaction) AS content
  )
  SELECT array_agg(hash) AS contents, string_agg(hash, '') AS digest INTO written
  FROM (SELECT sha256(convert_to(content, 'UTF8')) AS hash FROM written ORDER BY sequence) AS in_order;

  INSERT INTO idempotency_key (id, fingerprint, sequence, posted_at)
  SELECT id, fingerprint, head.sequence + place, item.posted_at
  FROM unnest(NEW.ids, NEW.fingerprints, lines.times) WITH ORDINALITY AS item (id, fingerprint, posted_at, place);

  INSERT INTO entry (account_number, posted_at, version, sequence, amount, balance, direction, position)
  SELECT * FROM unnest(
    numbers, lines.entry_times, lines.versions, lines.sequences, amounts, lines.balances, directions, lines.positions
  );

  link := sha256(head.hash || written.digest);
  INSERT INTO seal (last_sequence, contents, hash) VALUES (head.sequence + items, written.contents, link);
  UPDATE ledger_head SET sequence = head.sequence + items, posted_at = lines.times[items], hash = link;

  IF NEW.reverses IS NOT NULL THEN
    PERFORM refuse_excessive_reversals(NEW.ids, NEW.reverses);
  END IF;
  RETURN NEW;
END
$$;

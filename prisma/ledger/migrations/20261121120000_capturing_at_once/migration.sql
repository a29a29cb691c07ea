-- Reserves, and captures at once, wholly, those that name a transaction: what is captured was reserved by the same statement or
-- by one before it. Refused is what could not be reserved, or captured.
CREATE FUNCTION reserve_and_capture(batch batch, capture_ids text[], capture_fingerprints bytea[]) RETURNS SETOF refusal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  refused  refusal[];
  wanted   record;
  captures batch;
BEGIN
  refused := ARRAY(SELECT reserve_funds(batch));
  RETURN QUERY SELECT * FROM unnest(refused);
  SELECT array_agg(place::integer ORDER BY place) AS places, array_agg(id ORDER BY place) AS ids,
    array_agg(fingerprint ORDER BY place) AS fingerprints, array_agg(target ORDER BY place) AS targets
  INTO wanted
  FROM unnest(capture_ids, capture_fingerprints, batch.ids) WITH ORDINALITY AS item (id, fingerprint, target, place)
  WHERE id IS NOT NULL AND place <> ALL (ARRAY(SELECT ordinal FROM unnest(refused)));
  IF wanted.ids IS NULL THEN
    RETURN;
  END IF;
  captures.addresses := '{}';
  captures.currencies := '{}';
  captures.ids := wanted.ids;
  captures.fingerprints := wanted.fingerprints;
  captures.targets := wanted.targets;
  captures.releases := array_fill(true, ARRAY[cardinality(wanted.ids)]);
  captures.sizes := array_fill(0, ARRAY[cardinality(wanted.ids)]);
  captures.slots := '{}';
  captures.directions := '{}';
  captures.amounts := '{}';
  RETURN QUERY SELECT wanted.places[ordinal], code, account FROM capture_reservations(captures);
END
$$;

GRANT EXECUTE ON FUNCTION reserve_and_capture(batch, text[], bytea[]) TO ledger_service;

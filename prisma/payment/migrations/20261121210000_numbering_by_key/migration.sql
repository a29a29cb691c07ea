-- The same as before, with what is taken deleted by its key. The queue is mostly empty, so that it used to be read from end to
-- end; but what was deleted lies there until it is vacuumed, tens of thousands of rows under load. With plans by key alone
-- one can be kept.
CREATE OR REPLACE FUNCTION "number_steps"("most" INTEGER) RETURNS BIGINT LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    last_position bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('payment_relay', 0)) THEN
        RETURN NULL;
    END IF;
    -- A statement of its own: its snapshot is younger than the lock.
    WITH taken AS (
        DELETE FROM payment_relay_queue
        WHERE ordinal = ANY (ARRAY(SELECT ordinal FROM payment_relay_queue ORDER BY ordinal LIMIT most))
        RETURNING ordinal, payment_id, sequence
    ), numbered AS (
        INSERT INTO payment_relay (position, payment_id, sequence)
        SELECT (SELECT coalesce(max(position), 0) FROM payment_relay) + row_number() OVER (ORDER BY ordinal), payment_id, sequence
        FROM taken
        RETURNING position
    )
    SELECT coalesce(max(position), 0) INTO last_position FROM numbered;
    RETURN last_position;
END
$$;

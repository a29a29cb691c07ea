-- Steps of all payments in one order, for those who follow many payments. A step waits in a queue until it is given its
-- position; docs/decisions says why it is found there and not below a horizon of transactions.

CREATE TABLE "payment_relay_queue" (
    "ordinal" BIGINT GENERATED ALWAYS AS IDENTITY,
    "payment_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "payment_relay_queue_pkey" PRIMARY KEY ("ordinal")
);

CREATE TABLE "payment_relay" (
    "position" BIGINT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,

    CONSTRAINT "payment_relay_pkey" PRIMARY KEY ("position"),
    CONSTRAINT "payment_relay_position_check" CHECK ("position" >= 1)
);

-- A step is queued under the lock of its payment's row, so that the steps of one payment are queued in their order.
CREATE FUNCTION "queue_steps"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO payment_relay_queue (payment_id, sequence)
    SELECT payment_id, sequence FROM steps ORDER BY payment_id, sequence;
    RETURN NULL;
END
$$;

CREATE TRIGGER "payment_timeline_is_relayed" AFTER INSERT ON "payment_timeline"
    REFERENCING NEW TABLE AS "steps" FOR EACH STATEMENT EXECUTE FUNCTION "queue_steps"();

-- Gives the steps that wait the next positions, in their order: 1, 2, 3 … without gaps. One at a time does it, until it
-- commits, so that whoever has read up to a position has read everything below it. Answers the last position given, or 0
-- when none waited; null when somebody else is at it.
CREATE FUNCTION "number_steps"("most" INTEGER) RETURNS BIGINT LANGUAGE plpgsql
SET search_path = public, pg_temp
-- The queue is mostly empty: a plan that was made then must not be kept.
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    last_position bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('payment_relay', 0)) THEN
        RETURN NULL;
    END IF;
    -- A statement of its own: its snapshot is younger than the lock.
    WITH taken AS (
        DELETE FROM payment_relay_queue
        WHERE ordinal IN (SELECT ordinal FROM payment_relay_queue ORDER BY ordinal LIMIT most)
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

CREATE TRIGGER "payment_relay_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "payment_relay"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

GRANT SELECT, INSERT ON "payment_relay" TO "payment_service";
GRANT SELECT, INSERT, DELETE ON "payment_relay_queue" TO "payment_service";

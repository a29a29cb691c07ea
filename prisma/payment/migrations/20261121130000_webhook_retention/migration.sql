-- What rails sent is removed once it has been read and kept for a while: it names people. Which events were taken in stays.

CREATE INDEX "rail_webhook_processed_at_idx" ON "rail_webhook" ("processed_at") WHERE "processed_at" IS NOT NULL;

CREATE FUNCTION "refuse_unread"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'a webhook that was not read is not removed' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER "rail_webhook_is_read_first" BEFORE DELETE ON "rail_webhook"
    FOR EACH ROW WHEN (OLD."processed_at" IS NULL) EXECUTE FUNCTION "refuse_unread"();

GRANT DELETE ON "rail_webhook" TO "payment_service";

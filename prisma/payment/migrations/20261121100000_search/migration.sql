-- What payments are looked for by. A payment's row is written at every step, and all its indexes with it: so there are few
-- of them, and what never changes is kept apart.

CREATE TABLE "payment_metadata" (
    "payment_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,

    CONSTRAINT "payment_metadata_pkey" PRIMARY KEY ("payment_id", "key"),
    CONSTRAINT "payment_metadata_check" CHECK (length("key") <= 128 AND length("value") <= 256)
);

CREATE INDEX "payment_metadata_key_value_payment_id_idx" ON "payment_metadata"("key", "value", "payment_id");
CREATE INDEX "payment_metadata_owner_id_key_value_payment_id_idx" ON "payment_metadata"("owner_id", "key", "value", "payment_id");

ALTER TABLE "payment_metadata" ADD CONSTRAINT "payment_metadata_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- By state, for staff: pages and counts.
CREATE INDEX "payment_state_id_idx" ON "payment"("state", "id");

-- By the other side's reference, which only what comes from outside has.
CREATE INDEX "payment_external_reference_idx" ON "payment"("external_reference", "id") WHERE "external_reference" IS NOT NULL;

-- Short plain values can be looked for; the rest is only kept.
CREATE FUNCTION "index_metadata"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO payment_metadata (payment_id, key, value, owner_id)
    SELECT NEW.id, key, value #>> '{}', coalesce(NEW.payer_customer_id, NEW.payee_customer_id)
    FROM jsonb_each(NEW.metadata)
    WHERE jsonb_typeof(value) IN ('string', 'number', 'boolean') AND length(key) <= 128 AND length(value #>> '{}') <= 256;
    RETURN NULL;
END
$$;

CREATE TRIGGER "payment_metadata_is_indexed" AFTER INSERT ON "payment"
    FOR EACH ROW WHEN (NEW."metadata" IS NOT NULL) EXECUTE FUNCTION "index_metadata"();

CREATE TRIGGER "payment_metadata_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "payment_metadata"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

GRANT SELECT, INSERT ON "payment_metadata" TO "payment_service";

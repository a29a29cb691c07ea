-- Who had a payment tried again at once, when, and why.

CREATE TABLE "payment_retry" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "payment_id" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "payment_retry_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "payment_retry_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
        ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "payment_retry_note_check" CHECK (length("note") BETWEEN 1 AND 200)
);

CREATE INDEX "payment_retry_payment_id_id_idx" ON "payment_retry" ("payment_id", "id");

CREATE TRIGGER "payment_retry_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "payment_retry"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

GRANT SELECT, INSERT ON "payment_retry" TO "payment_service";

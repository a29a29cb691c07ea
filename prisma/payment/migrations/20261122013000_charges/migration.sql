-- What a rail charges is booked by itself, whenever the rail tells it, in the currency that the rail takes it in.

ALTER TABLE "payment_attempt"
    ADD COLUMN "charge_currency" CHAR(3),
    ADD COLUMN "charge_due_at" TIMESTAMPTZ(3);

-- The ledger has most of them, and takes the same under the same id again to no effect.
UPDATE "payment_attempt" SET "charge_currency" = "currency", "charge_due_at" = clock_timestamp() WHERE "charge" IS NOT NULL;

CREATE INDEX "payment_attempt_charge_due_idx" ON "payment_attempt" ("charge_due_at") WHERE "charge_due_at" IS NOT NULL;

GRANT UPDATE ("charge_currency", "charge_due_at") ON "payment_attempt" TO "payment_service";

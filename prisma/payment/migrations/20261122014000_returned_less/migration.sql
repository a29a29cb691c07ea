-- What a rail keeps of money that it sends back is a charge of its own, under an id of its own in the ledger.

ALTER TABLE "payment_attempt"
    ADD COLUMN "return_charge" BIGINT,
    ADD COLUMN "return_charge_id" TEXT,
    ADD CONSTRAINT "payment_attempt_return_charge_check" CHECK (
        ("return_charge" IS NULL) = ("return_charge_id" IS NULL)
        AND ("return_charge" IS NULL OR ("state" = 'RETURNED' AND "return_charge" > 0 AND "return_charge" < "amount"))
    );

GRANT UPDATE ("return_charge", "return_charge_id") ON "payment_attempt" TO "payment_service";

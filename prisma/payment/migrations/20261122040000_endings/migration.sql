-- How a payment is to end whose reservation the ledger is asked to close: written before it is asked, so that whoever finds the
-- reservation closed ends the payment as was meant, should the one who asked have died.

CREATE TABLE "payment_ending" (
    "payment_id" TEXT NOT NULL,
    "to_state" "payment_state" NOT NULL,
    "reason" "payment_reason" NOT NULL,
    "failure_code" "payment_failure_code",
    "actor" TEXT NOT NULL,

    CONSTRAINT "payment_ending_pkey" PRIMARY KEY ("payment_id"),
    CONSTRAINT "payment_ending_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
        ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "payment_ending_failure_check" CHECK (("to_state" = 'FAILED') = ("failure_code" IS NOT NULL)),
    CONSTRAINT "payment_ending_state_check" CHECK ("to_state" IN ('FAILED', 'CANCELLED'))
);

GRANT SELECT, INSERT, UPDATE ON "payment_ending" TO "payment_service";

-- What went between a rail and our bank, as operators record it.

CREATE TYPE "settlement_direction" AS ENUM ('FROM_RAIL', 'TO_RAIL');

CREATE TABLE "rail_settlement" (
    "id" TEXT NOT NULL,
    "rail" TEXT NOT NULL,
    "direction" "settlement_direction" NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "reference" TEXT NOT NULL,
    "note" TEXT,
    "actor" TEXT NOT NULL,
    "transaction_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "booked_at" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "rail_settlement_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "rail_settlement_amount_check" CHECK ("amount" > 0),
    CONSTRAINT "rail_settlement_reference_check" CHECK (length("reference") BETWEEN 1 AND 64)
);

CREATE UNIQUE INDEX "rail_settlement_transaction_id_key" ON "rail_settlement" ("transaction_id");
-- What stands once in the bank's statement is recorded once.
CREATE UNIQUE INDEX "rail_settlement_rail_reference_key" ON "rail_settlement" ("rail", "reference");
CREATE INDEX "rail_settlement_due_idx" ON "rail_settlement" ("next_attempt_at") WHERE "booked_at" IS NULL;

-- What was recorded stays: the service may only write down that the ledger has it.
GRANT SELECT, INSERT ON "rail_settlement" TO "payment_service";
GRANT UPDATE ("booked_at", "next_attempt_at", "attempts") ON "rail_settlement" TO "payment_service";

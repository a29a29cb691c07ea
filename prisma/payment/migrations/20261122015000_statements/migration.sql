-- Up to which day the statements of each rail that has them were read, and when they are read again.

CREATE TABLE "rail_statement" (
    "rail" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "rail_statement_pkey" PRIMARY KEY ("rail")
);

GRANT SELECT, INSERT, UPDATE ON "rail_statement" TO "payment_service";

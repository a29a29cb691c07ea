-- What an operator found out about an attempt that nothing else could decide: who, what, and why.

CREATE TYPE "attempt_outcome" AS ENUM ('CONFIRMED', 'NOT_EXECUTED');

CREATE TABLE "payment_attempt_decision" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "attempt_id" TEXT NOT NULL,
    "outcome" "attempt_outcome" NOT NULL,
    "rail_reference" TEXT,
    "actor" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "payment_attempt_decision_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "payment_attempt_decision_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "payment_attempt" ("id")
        ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "payment_attempt_decision_note_check" CHECK (length("note") BETWEEN 1 AND 200)
);

CREATE INDEX "payment_attempt_decision_attempt_id_id_idx" ON "payment_attempt_decision" ("attempt_id", "id");

CREATE TRIGGER "payment_attempt_decision_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "payment_attempt_decision"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

GRANT SELECT, INSERT ON "payment_attempt_decision" TO "payment_service";

-- Attempts that may want people, in the order of their making.
CREATE INDEX "payment_attempt_attention_idx" ON "payment_attempt" ("id")
    WHERE "state" IN ('SUBMITTED', 'ACCEPTED') OR "contradicted_at" IS NOT NULL;

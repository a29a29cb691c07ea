CREATE TABLE "rule_set" (
    "version" TEXT NOT NULL,
    "checksum" TEXT NOT NULL CHECK ("checksum" ~ '^[0-9a-f]{64}$'),
    "source" TEXT NOT NULL,
    "active_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rule_set_pkey" PRIMARY KEY ("version")
);

CREATE TABLE "assessment" (
    "id" TEXT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL CHECK ("kind" IN ('TRANSFER', 'COLLECTION', 'PAYOUT')),
    "payer_id" TEXT,
    "payee_id" TEXT,
    "rule_set_version" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "rule_decision" TEXT NOT NULL CHECK ("rule_decision" IN ('APPROVE', 'REVIEW', 'DECLINE')),
    "score" INTEGER NOT NULL CHECK ("score" BETWEEN 0 AND 100),
    "reasons" JSONB NOT NULL,
    "assessed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "assessment_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "review" (
    "assessment_id" TEXT NOT NULL,
    "decision" TEXT NOT NULL CHECK ("decision" IN ('APPROVE', 'DECLINE')),
    "note" TEXT NOT NULL CHECK (length("note") BETWEEN 1 AND 500),
    "analyst_id" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "review_pkey" PRIMARY KEY ("assessment_id")
);

-- One assessment per payment: what makes asking again harmless.
CREATE UNIQUE INDEX "assessment_payment_id_key" ON "assessment"("payment_id");

-- How many payments somebody made within the hour.
CREATE INDEX "assessment_payer_id_assessed_at_idx" ON "assessment"("payer_id", "assessed_at");

-- Whether somebody has paid somebody before.
CREATE INDEX "assessment_payer_id_payee_id_idx" ON "assessment"("payer_id", "payee_id");

-- The review queue: few rows of many, oldest first, ids being sortable by age.
CREATE INDEX "assessment_review_idx" ON "assessment"("id") WHERE "rule_decision" = 'REVIEW';

ALTER TABLE "assessment" ADD CONSTRAINT "assessment_rule_set_version_fkey" FOREIGN KEY ("rule_set_version") REFERENCES "rule_set"("version") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "review" ADD CONSTRAINT "review_assessment_id_fkey" FOREIGN KEY ("assessment_id") REFERENCES "assessment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What was said stays said: the service adds and reads, and never changes or removes.
GRANT SELECT, INSERT ON "rule_set", "assessment", "review" TO "risk_service";

-- CreateEnum
CREATE TYPE "payment_kind" AS ENUM ('TRANSFER', 'COLLECTION', 'PAYOUT');

-- CreateEnum
CREATE TYPE "capture_method" AS ENUM ('AUTOMATIC', 'MANUAL');

-- CreateEnum
CREATE TYPE "payment_state" AS ENUM ('INITIATED', 'VALIDATING', 'IN_REVIEW', 'PENDING', 'PROCESSING', 'CONFIRMED', 'FAILED', 'EXPIRED', 'CANCELLED', 'REFUNDED');

-- CreateEnum
CREATE TYPE "payment_reason" AS ENUM ('REQUESTED', 'CHECKS_STARTED', 'CHECKS_PASSED', 'REVIEW_REQUIRED', 'REVIEW_APPROVED', 'REVIEW_DECLINED', 'EXECUTION_STARTED', 'CAPTURE_REQUESTED', 'RAIL_CONFIRMED', 'FUNDS_MOVED', 'HELD_IN_SUSPENSE', 'CANCELLED_BY_CUSTOMER', 'CANCELLED_BY_OPERATOR', 'TIMED_OUT', 'INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED', 'RISK_DECLINED', 'QUOTE_EXPIRED', 'QUOTE_ALREADY_USED', 'PAYER_WALLET_UNAVAILABLE', 'PAYEE_WALLET_UNAVAILABLE', 'COUNTERPARTY_NOT_FOUND', 'COUNTERPARTY_UNAVAILABLE', 'COUNTERPARTY_FUNDS', 'COUNTERPARTY_DECLINED', 'RAIL_LIMIT_EXCEEDED', 'RAIL_UNAVAILABLE', 'INTERNAL', 'REFUND_SUCCEEDED', 'RETURNED_BY_RAIL');

-- CreateEnum
CREATE TYPE "payment_failure_code" AS ENUM ('INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED', 'RISK_DECLINED', 'QUOTE_EXPIRED', 'QUOTE_ALREADY_USED', 'PAYER_WALLET_UNAVAILABLE', 'PAYEE_WALLET_UNAVAILABLE', 'COUNTERPARTY_NOT_FOUND', 'COUNTERPARTY_UNAVAILABLE', 'COUNTERPARTY_FUNDS', 'COUNTERPARTY_DECLINED', 'RAIL_LIMIT_EXCEEDED', 'RAIL_UNAVAILABLE', 'INTERNAL');

-- CreateEnum
CREATE TYPE "compensation_action" AS ENUM ('VOID_RESERVATION', 'RELEASE_LIMITS', 'USE_LIMITS', 'BOOK_RETURN');

-- CreateEnum
CREATE TYPE "refund_state" AS ENUM ('PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED');

-- CreateEnum
CREATE TYPE "refund_failure_code" AS ENUM ('INSUFFICIENT_FUNDS', 'WALLET_UNAVAILABLE', 'COUNTERPARTY_NOT_FOUND', 'COUNTERPARTY_UNAVAILABLE', 'COUNTERPARTY_FUNDS', 'COUNTERPARTY_DECLINED', 'RAIL_LIMIT_EXCEEDED', 'RAIL_UNAVAILABLE', 'INTERNAL');

-- CreateEnum
CREATE TYPE "attempt_state" AS ENUM ('CREATED', 'SUBMITTED', 'ACCEPTED', 'CONFIRMED', 'REFUSED', 'NOT_SENT', 'RETURNED');

-- CreateEnum
CREATE TYPE "rail_direction" AS ENUM ('COLLECTION', 'PAYOUT');

-- CreateEnum
CREATE TYPE "suspense_origin" AS ENUM ('LATE_COLLECTION', 'UNKNOWN_CREDIT', 'WALLET_UNAVAILABLE');

-- CreateEnum
CREATE TYPE "suspense_state" AS ENUM ('INCOMING', 'OPEN', 'RELEASING', 'RELEASED', 'RETURNING', 'RETURNED', 'REOPENED');

-- CreateTable
CREATE TABLE "payment_quote" (
    "id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "kind" "payment_kind" NOT NULL,
    "payer_wallet_id" TEXT,
    "payee_wallet_id" TEXT,
    "counterparty" JSONB,
    "rail" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "amount_currency" CHAR(3) NOT NULL,
    "source_amount" BIGINT NOT NULL,
    "source_currency" CHAR(3) NOT NULL,
    "target_amount" BIGINT NOT NULL,
    "target_currency" CHAR(3) NOT NULL,
    "target_at_mid" BIGINT NOT NULL,
    "fee_amount" BIGINT NOT NULL,
    "fee_label" TEXT NOT NULL,
    "fee_version" TEXT NOT NULL,
    "fee_terms" JSONB NOT NULL,
    "exchange_rate" TEXT,
    "forex_quote_id" TEXT,
    "mid_numerator" TEXT,
    "mid_denominator" TEXT,
    "spread_basis_points" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_quote_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment" (
    "id" TEXT NOT NULL,
    "kind" "payment_kind" NOT NULL,
    "state" "payment_state" NOT NULL DEFAULT 'INITIATED',
    "sequence" INTEGER NOT NULL DEFAULT 1,
    "failure_code" "payment_failure_code",
    "amount" BIGINT NOT NULL,
    "amount_currency" CHAR(3) NOT NULL,
    "source_amount" BIGINT NOT NULL,
    "source_currency" CHAR(3) NOT NULL,
    "target_amount" BIGINT NOT NULL,
    "target_currency" CHAR(3) NOT NULL,
    "target_at_mid" BIGINT NOT NULL,
    "fee_amount" BIGINT NOT NULL,
    "fee_label" TEXT NOT NULL,
    "fee_version" TEXT NOT NULL,
    "fee_terms" JSONB NOT NULL,
    "exchange_rate" TEXT,
    "forex_quote_id" TEXT,
    "mid_numerator" TEXT,
    "mid_denominator" TEXT,
    "spread_basis_points" INTEGER,
    "capture_method" "capture_method" NOT NULL DEFAULT 'AUTOMATIC',
    "captured_source" BIGINT,
    "captured_target" BIGINT,
    "captured_at_mid" BIGINT,
    "captured_fee" BIGINT,
    "refunds_asked" BIGINT NOT NULL DEFAULT 0,
    "refunded" BIGINT NOT NULL DEFAULT 0,
    "carried_by" TEXT,
    "diverted" BOOLEAN NOT NULL DEFAULT false,
    "counterparty" JSONB,
    "quote_id" TEXT,
    "payer_customer_id" TEXT,
    "payer_wallet_id" TEXT,
    "payer_display_name" TEXT NOT NULL,
    "payer_handle" TEXT,
    "payee_customer_id" TEXT,
    "payee_wallet_id" TEXT,
    "payee_display_name" TEXT NOT NULL,
    "payee_handle" TEXT,
    "rail" TEXT NOT NULL,
    "external_reference" TEXT,
    "metadata" JSONB,
    "reservation_id" TEXT NOT NULL,
    "transaction_id" TEXT NOT NULL,
    "settlement_id" TEXT,
    "return_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(6),
    "lease_epoch" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "payment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_transition" (
    "from_state" "payment_state" NOT NULL,
    "to_state" "payment_state" NOT NULL,
    "reason" "payment_reason" NOT NULL,

    CONSTRAINT "payment_transition_pkey" PRIMARY KEY ("from_state","to_state","reason")
);

-- CreateTable
CREATE TABLE "payment_timeline" (
    "payment_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "from_state" "payment_state",
    "to_state" "payment_state" NOT NULL,
    "reason" "payment_reason" NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "payment_timeline_pkey" PRIMARY KEY ("payment_id","sequence")
);

-- CreateTable
CREATE TABLE "payment_compensation" (
    "payment_id" TEXT NOT NULL,
    "action" "compensation_action" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "acknowledged_at" TIMESTAMPTZ(3),

    CONSTRAINT "payment_compensation_pkey" PRIMARY KEY ("payment_id","action")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "principal_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "subject_id" TEXT NOT NULL,
    "payment_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("principal_id","key")
);

-- CreateTable
CREATE TABLE "payment_refund" (
    "id" TEXT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "state" "refund_state" NOT NULL DEFAULT 'PENDING',
    "failure_code" "refund_failure_code",
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "note" TEXT,
    "actor" TEXT NOT NULL,
    "before" BIGINT,
    "diverted" BOOLEAN NOT NULL DEFAULT false,
    "carried_by" TEXT,
    "reservation_id" TEXT NOT NULL,
    "transaction_id" TEXT NOT NULL,
    "settlement_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(6),
    "lease_epoch" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "payment_refund_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_attempt" (
    "id" TEXT NOT NULL,
    "payment_id" TEXT,
    "refund_id" TEXT,
    "suspense_id" TEXT,
    "subject_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "direction" "rail_direction" NOT NULL,
    "rail" TEXT NOT NULL,
    "reference" UUID NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "counterparty" JSONB NOT NULL,
    "narrative" TEXT NOT NULL,
    "state" "attempt_state" NOT NULL DEFAULT 'CREATED',
    "in_doubt" BOOLEAN NOT NULL DEFAULT false,
    "rail_reference" TEXT,
    "refusal" TEXT,
    "rail_code" TEXT,
    "charge" BIGINT,
    "charge_id" TEXT NOT NULL,
    "candidates" JSONB NOT NULL,
    "booked" BOOLEAN NOT NULL DEFAULT false,
    "contradicted_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "submitted_at" TIMESTAMPTZ(3),
    "decided_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(6),
    "lease_epoch" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "tries" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "payment_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "suspense_item" (
    "id" TEXT NOT NULL,
    "origin" "suspense_origin" NOT NULL,
    "state" "suspense_state" NOT NULL DEFAULT 'INCOMING',
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "fee" BIGINT NOT NULL DEFAULT 0,
    "payment_id" TEXT,
    "refund_id" TEXT,
    "source_id" TEXT NOT NULL,
    "rail" TEXT,
    "rail_reference" TEXT,
    "sender_name" TEXT,
    "remittance" TEXT,
    "counterparty" JSONB,
    "wallet_id" TEXT,
    "actor" TEXT,
    "note" TEXT,
    "transaction_id" TEXT NOT NULL,
    "release_id" TEXT,
    "settlement_id" TEXT,
    "carried_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(6),
    "lease_epoch" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "suspense_item_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rail_webhook" (
    "id" TEXT NOT NULL,
    "rail" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "headers" JSONB NOT NULL,
    "body" BYTEA NOT NULL,
    "content" JSONB NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "processed_at" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "rail_webhook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rail_event" (
    "rail" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "rail_event_pkey" PRIMARY KEY ("rail","event_id")
);

-- CreateTable
CREATE TABLE "rail_record" (
    "rail" TEXT NOT NULL,
    "success_rate" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "latency_ms" DOUBLE PRECISION NOT NULL DEFAULT 1000,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "rail_record_pkey" PRIMARY KEY ("rail")
);

-- CreateIndex
CREATE INDEX "payment_quote_expires_at_idx" ON "payment_quote"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "payment_quote_id_key" ON "payment"("quote_id");

-- CreateIndex
CREATE INDEX "payment_payer_customer_id_id_idx" ON "payment"("payer_customer_id", "id");

-- CreateIndex
CREATE INDEX "payment_payee_customer_id_id_idx" ON "payment"("payee_customer_id", "id");

-- CreateIndex
CREATE INDEX "payment_payer_wallet_id_id_idx" ON "payment"("payer_wallet_id", "id");

-- CreateIndex
CREATE INDEX "payment_payee_wallet_id_id_idx" ON "payment"("payee_wallet_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_timeline_payment_id_sequence_to_state_key" ON "payment_timeline"("payment_id", "sequence", "to_state");

-- CreateIndex
CREATE INDEX "payment_refund_payment_id_id_idx" ON "payment_refund"("payment_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_attempt_reference_key" ON "payment_attempt"("reference");

-- CreateIndex
CREATE INDEX "payment_attempt_payment_id_idx" ON "payment_attempt"("payment_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_attempt_subject_id_number_key" ON "payment_attempt"("subject_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "suspense_item_source_id_key" ON "suspense_item"("source_id");

-- CreateIndex
CREATE INDEX "suspense_item_payment_id_idx" ON "suspense_item"("payment_id");

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_quote_id_fkey" FOREIGN KEY ("quote_id") REFERENCES "payment_quote"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_latest_step_fkey" FOREIGN KEY ("id", "sequence", "state") REFERENCES "payment_timeline"("payment_id", "sequence", "to_state") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_timeline" ADD CONSTRAINT "payment_timeline_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_timeline" ADD CONSTRAINT "payment_timeline_transition_fkey" FOREIGN KEY ("from_state", "to_state", "reason") REFERENCES "payment_transition"("from_state", "to_state", "reason") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_compensation" ADD CONSTRAINT "payment_compensation_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_refund" ADD CONSTRAINT "payment_refund_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_attempt" ADD CONSTRAINT "payment_attempt_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_attempt" ADD CONSTRAINT "payment_attempt_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "payment_refund"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- The legal steps: src/payment/lifecycle.ts is where they are defined, and a test holds both equal.
INSERT INTO "payment_transition" ("from_state", "to_state", "reason")
VALUES
    ('INITIATED', 'VALIDATING', 'CHECKS_STARTED'),
    ('INITIATED', 'EXPIRED', 'TIMED_OUT'),
    ('INITIATED', 'CANCELLED', 'CANCELLED_BY_CUSTOMER'),
    ('INITIATED', 'CANCELLED', 'CANCELLED_BY_OPERATOR'),
    ('VALIDATING', 'IN_REVIEW', 'REVIEW_REQUIRED'),
    ('VALIDATING', 'PENDING', 'CHECKS_PASSED'),
    ('VALIDATING', 'FAILED', 'INSUFFICIENT_FUNDS'),
    ('VALIDATING', 'FAILED', 'PAYER_WALLET_UNAVAILABLE'),
    ('VALIDATING', 'FAILED', 'PAYEE_WALLET_UNAVAILABLE'),
    ('VALIDATING', 'FAILED', 'INTERNAL'),
    ('VALIDATING', 'FAILED', 'LIMIT_EXCEEDED'),
    ('VALIDATING', 'FAILED', 'RISK_DECLINED'),
    ('VALIDATING', 'FAILED', 'QUOTE_EXPIRED'),
    ('VALIDATING', 'FAILED', 'QUOTE_ALREADY_USED'),
    ('VALIDATING', 'EXPIRED', 'TIMED_OUT'),
    ('VALIDATING', 'CANCELLED', 'CANCELLED_BY_CUSTOMER'),
    ('VALIDATING', 'CANCELLED', 'CANCELLED_BY_OPERATOR'),
    ('IN_REVIEW', 'PENDING', 'REVIEW_APPROVED'),
    ('IN_REVIEW', 'FAILED', 'INSUFFICIENT_FUNDS'),
    ('IN_REVIEW', 'FAILED', 'PAYER_WALLET_UNAVAILABLE'),
    ('IN_REVIEW', 'FAILED', 'PAYEE_WALLET_UNAVAILABLE'),
    ('IN_REVIEW', 'FAILED', 'INTERNAL'),
    ('IN_REVIEW', 'FAILED', 'REVIEW_DECLINED'),
    ('IN_REVIEW', 'EXPIRED', 'TIMED_OUT'),
    ('IN_REVIEW', 'CANCELLED', 'CANCELLED_BY_CUSTOMER'),
    ('IN_REVIEW', 'CANCELLED', 'CANCELLED_BY_OPERATOR'),
    ('PENDING', 'PROCESSING', 'EXECUTION_STARTED'),
    ('PENDING', 'PROCESSING', 'CAPTURE_REQUESTED'),
    ('PENDING', 'PROCESSING', 'RAIL_CONFIRMED'),
    ('PENDING', 'FAILED', 'INTERNAL'),
    ('PENDING', 'FAILED', 'COUNTERPARTY_NOT_FOUND'),
    ('PENDING', 'FAILED', 'COUNTERPARTY_UNAVAILABLE'),
    ('PENDING', 'FAILED', 'COUNTERPARTY_FUNDS'),
    ('PENDING', 'FAILED', 'COUNTERPARTY_DECLINED'),
    ('PENDING', 'FAILED', 'RAIL_LIMIT_EXCEEDED'),
    ('PENDING', 'FAILED', 'RAIL_UNAVAILABLE'),
    ('PENDING', 'EXPIRED', 'TIMED_OUT'),
    ('PENDING', 'CANCELLED', 'CANCELLED_BY_CUSTOMER'),
    ('PENDING', 'CANCELLED', 'CANCELLED_BY_OPERATOR'),
    ('PROCESSING', 'CONFIRMED', 'FUNDS_MOVED'),
    ('PROCESSING', 'CONFIRMED', 'HELD_IN_SUSPENSE'),
    ('PROCESSING', 'FAILED', 'PAYEE_WALLET_UNAVAILABLE'),
    ('PROCESSING', 'FAILED', 'INTERNAL'),
    ('PROCESSING', 'FAILED', 'COUNTERPARTY_NOT_FOUND'),
    ('PROCESSING', 'FAILED', 'COUNTERPARTY_UNAVAILABLE'),
    ('PROCESSING', 'FAILED', 'COUNTERPARTY_FUNDS'),
    ('PROCESSING', 'FAILED', 'COUNTERPARTY_DECLINED'),
    ('PROCESSING', 'FAILED', 'RAIL_LIMIT_EXCEEDED'),
    ('PROCESSING', 'FAILED', 'RAIL_UNAVAILABLE'),
    ('CONFIRMED', 'CONFIRMED', 'REFUND_SUCCEEDED'),
    ('CONFIRMED', 'REFUNDED', 'REFUND_SUCCEEDED'),
    ('CONFIRMED', 'REFUNDED', 'RETURNED_BY_RAIL');

-- A timeline begins with the one step that has no state before it; every other step is a row of payment_transition.
ALTER TABLE "payment_timeline"
    ADD CONSTRAINT "payment_timeline_sequence_check" CHECK ("sequence" >= 1),
    ADD CONSTRAINT "payment_timeline_birth_check" CHECK (
        ("from_state" IS NULL) = ("sequence" = 1)
        AND ("from_state" IS NOT NULL OR ("to_state" = 'INITIATED' AND "reason" = 'REQUESTED'))
    );

-- What was agreed, as posting-rules has it: S and T and M above zero, M at least T, and f on top of S or, for a
-- collection, taken from it.
ALTER TABLE "payment"
    ADD CONSTRAINT "payment_amounts_check" CHECK (
        "amount" > 0 AND "source_amount" > 0 AND "target_amount" > 0 AND "fee_amount" >= 0
        AND "target_at_mid" >= "target_amount"
        AND "source_amount" <= 9223372036854775807 - "fee_amount"
        AND "amount_currency" IN ("source_currency", "target_currency")
    ),
    ADD CONSTRAINT "payment_conversion_check" CHECK (
        ("source_currency" <> "target_currency") = ("forex_quote_id" IS NOT NULL)
        AND num_nulls("forex_quote_id", "exchange_rate", "mid_numerator", "mid_denominator", "spread_basis_points") IN (0, 5)
        AND ("forex_quote_id" IS NOT NULL OR "target_at_mid" = "target_amount")
    ),
    ADD CONSTRAINT "payment_kind_check" CHECK (
        CASE "kind"
            WHEN 'COLLECTION' THEN
                "payer_wallet_id" IS NULL AND "payer_customer_id" IS NULL
                AND "payee_wallet_id" IS NOT NULL AND "payee_customer_id" IS NOT NULL
                AND "source_currency" = "target_currency" AND "source_amount" = "target_amount" + "fee_amount"
            WHEN 'PAYOUT' THEN
                "payer_wallet_id" IS NOT NULL AND "payer_customer_id" IS NOT NULL
                AND "payee_wallet_id" IS NULL AND "payee_customer_id" IS NULL AND "counterparty" IS NOT NULL
                AND "settlement_id" IS NOT NULL AND "return_id" IS NOT NULL
                AND ("forex_quote_id" IS NOT NULL OR "source_amount" = "target_amount")
            ELSE
                "payer_wallet_id" IS NOT NULL AND "payer_customer_id" IS NOT NULL
                AND "payee_wallet_id" IS NOT NULL AND "payee_customer_id" IS NOT NULL
                AND "payer_wallet_id" <> "payee_wallet_id" AND "counterparty" IS NULL
                AND ("forex_quote_id" IS NOT NULL OR "source_amount" = "target_amount")
        END
    ),
    ADD CONSTRAINT "payment_failure_check" CHECK (("state" = 'FAILED') = ("failure_code" IS NOT NULL)),
    -- A part of what was agreed, whole only as a whole; what is given back is never more than what was captured.
    ADD CONSTRAINT "payment_captured_check" CHECK (
        num_nulls("captured_source", "captured_target", "captured_at_mid", "captured_fee") IN (0, 4)
        AND ("captured_source" IS NULL OR (
            "captured_source" > 0 AND "captured_source" < "source_amount"
            AND "captured_target" > 0 AND "captured_target" <= "target_amount"
            AND "captured_at_mid" >= "captured_target" AND "captured_at_mid" <= "target_at_mid"
            AND "captured_fee" BETWEEN 0 AND "fee_amount"
        ))
    ),
    ADD CONSTRAINT "payment_refunds_check" CHECK (
        0 <= "refunded" AND "refunded" <= "refunds_asked"
        AND "refunds_asked" <= COALESCE("captured_source", "source_amount")
    ),
    ADD CONSTRAINT "payment_capture_method_check" CHECK ("capture_method" = 'AUTOMATIC' OR "kind" <> 'COLLECTION'),
    ADD CONSTRAINT "payment_metadata_check" CHECK (jsonb_typeof("metadata") = 'object'),
    ADD CONSTRAINT "payment_expiry_check" CHECK ("expires_at" > "created_at");

ALTER TABLE "idempotency_key"
    ADD CONSTRAINT "idempotency_key_check" CHECK (length("key") BETWEEN 1 AND 128 AND octet_length("fingerprint") = 32);

ALTER TABLE "payment_refund"
    ADD CONSTRAINT "payment_refund_amount_check" CHECK ("amount" > 0 AND ("before" IS NULL OR "before" >= 0)),
    ADD CONSTRAINT "payment_refund_failure_check" CHECK (("state" = 'FAILED') = ("failure_code" IS NOT NULL)),
    ADD CONSTRAINT "payment_refund_figures_check" CHECK ("state" NOT IN ('PROCESSING', 'SUCCEEDED') OR "before" IS NOT NULL),
    ADD CONSTRAINT "payment_refund_end_check" CHECK (("state" IN ('SUCCEEDED', 'FAILED')) = ("ended_at" IS NOT NULL));

-- Figures follow from what was refunded before: so one refund of a payment at a time.
CREATE UNIQUE INDEX "payment_refund_under_way_key" ON "payment_refund" ("payment_id") WHERE "state" = 'PROCESSING';

ALTER TABLE "payment_attempt"
    ADD CONSTRAINT "payment_attempt_subject_check" CHECK (
        num_nonnulls("payment_id", "refund_id", "suspense_id") = 1
        AND "subject_id" = COALESCE("payment_id", "refund_id", "suspense_id")
    ),
    ADD CONSTRAINT "payment_attempt_amount_check" CHECK ("amount" > 0 AND "number" >= 1 AND ("charge" IS NULL OR "charge" > 0)),
    ADD CONSTRAINT "payment_attempt_direction_check" CHECK ("direction" = 'PAYOUT' OR "payment_id" IS NOT NULL),
    ADD CONSTRAINT "payment_attempt_called_check" CHECK ("state" IN ('CREATED', 'NOT_SENT') OR "submitted_at" IS NOT NULL),
    ADD CONSTRAINT "payment_attempt_decided_check" CHECK (("state" IN ('CREATED', 'SUBMITTED', 'ACCEPTED')) = ("decided_at" IS NULL)),
    ADD CONSTRAINT "payment_attempt_suspense_id_fkey" FOREIGN KEY ("suspense_id") REFERENCES "suspense_item" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- No second rail before it is certain that the first has not taken the money.
CREATE UNIQUE INDEX "payment_attempt_open_key" ON "payment_attempt" ("subject_id")
    WHERE "state" IN ('CREATED', 'SUBMITTED', 'ACCEPTED');

ALTER TABLE "suspense_item"
    ADD CONSTRAINT "suspense_item_amount_check" CHECK ("amount" > 0 AND "fee" >= 0 AND "fee" < "amount"),
    ADD CONSTRAINT "suspense_item_release_check" CHECK (
        CASE "state"
            WHEN 'INCOMING' THEN "release_id" IS NULL
            WHEN 'OPEN' THEN "release_id" IS NULL
            WHEN 'RELEASING' THEN "release_id" IS NOT NULL AND "wallet_id" IS NOT NULL
            WHEN 'RELEASED' THEN "release_id" IS NOT NULL AND "wallet_id" IS NOT NULL
            ELSE "release_id" IS NOT NULL AND "settlement_id" IS NOT NULL AND "wallet_id" IS NULL
        END
    );

-- What workers look for: few rows of many.
CREATE INDEX "payment_due_idx" ON "payment" ("next_attempt_at")
    WHERE "state" IN ('INITIATED', 'VALIDATING', 'IN_REVIEW', 'PENDING', 'PROCESSING');
CREATE INDEX "payment_expiry_idx" ON "payment" ("expires_at")
    WHERE "state" IN ('INITIATED', 'VALIDATING', 'IN_REVIEW', 'PENDING');
CREATE INDEX "payment_compensation_due_idx" ON "payment_compensation" ("next_attempt_at")
    WHERE "acknowledged_at" IS NULL;

CREATE INDEX "payment_refund_due_idx" ON "payment_refund" ("next_attempt_at") WHERE "state" IN ('PENDING', 'PROCESSING');
CREATE INDEX "payment_attempt_due_idx" ON "payment_attempt" ("next_attempt_at")
    WHERE "state" IN ('CREATED', 'SUBMITTED', 'ACCEPTED');
CREATE INDEX "payment_attempt_unbooked_idx" ON "payment_attempt" ("decided_at") WHERE "state" = 'CONFIRMED' AND NOT "booked";
CREATE INDEX "suspense_item_due_idx" ON "suspense_item" ("next_attempt_at")
    WHERE "state" IN ('INCOMING', 'RELEASING', 'RETURNING');
CREATE INDEX "suspense_item_open_idx" ON "suspense_item" ("id") WHERE "state" NOT IN ('RELEASED', 'RETURNED', 'REOPENED');
CREATE INDEX "rail_webhook_due_idx" ON "rail_webhook" ("next_attempt_at") WHERE "processed_at" IS NULL;

-- History is added to and never changed, by whomever.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER "payment_timeline_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "payment_timeline"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "payment_transition_is_fixed" BEFORE UPDATE OR DELETE OR TRUNCATE ON "payment_transition"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The service may change where a payment stands and who has it in hand; not what was agreed, and nothing of its history.
GRANT SELECT ON "payment_transition" TO "payment_service";
GRANT SELECT, INSERT ON "payment_quote", "payment", "payment_timeline", "payment_compensation", "idempotency_key",
    "payment_refund", "payment_attempt", "suspense_item", "rail_webhook", "rail_event", "rail_record"
    TO "payment_service";
-- Quotes that nobody used are removed once they have run out.
GRANT DELETE ON "payment_quote" TO "payment_service";
GRANT UPDATE (
    "state", "sequence", "failure_code", "captured_source", "captured_target", "captured_at_mid", "captured_fee",
    "refunds_asked", "refunded", "carried_by", "diverted",
    "lease_owner", "lease_until", "lease_epoch", "next_attempt_at", "attempts"
) ON "payment" TO "payment_service";
GRANT UPDATE ("next_attempt_at", "attempts", "acknowledged_at") ON "payment_compensation" TO "payment_service";
GRANT UPDATE (
    "state", "failure_code", "before", "diverted", "carried_by", "ended_at",
    "lease_until", "lease_epoch", "next_attempt_at", "attempts"
) ON "payment_refund" TO "payment_service";
GRANT UPDATE (
    "state", "in_doubt", "rail_reference", "refusal", "rail_code", "charge", "booked", "contradicted_at",
    "submitted_at", "decided_at", "lease_until", "lease_epoch", "next_attempt_at", "tries"
) ON "payment_attempt" TO "payment_service";
GRANT UPDATE (
    "state", "fee", "rail", "wallet_id", "actor", "note", "counterparty", "release_id", "settlement_id", "carried_by",
    "ended_at", "lease_until", "lease_epoch", "next_attempt_at", "attempts"
) ON "suspense_item" TO "payment_service";
GRANT UPDATE ("processed_at", "next_attempt_at", "attempts") ON "rail_webhook" TO "payment_service";
GRANT UPDATE ON "rail_record" TO "payment_service";

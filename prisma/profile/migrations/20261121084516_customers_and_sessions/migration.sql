CREATE TYPE "role" AS ENUM ('CUSTOMER', 'ANALYST', 'OPERATOR');

CREATE TYPE "kyc_tier" AS ENUM ('BASIC', 'VERIFIED', 'ENHANCED');

CREATE TABLE "customer" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "phone" TEXT,
    "handle" TEXT,
    "handle_changed_at" TIMESTAMPTZ(3),
    "tier" "kyc_tier" NOT NULL DEFAULT 'BASIC',
    "display_name" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "customer_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "customer_id_check" CHECK ("id" ~ '^cus_[0-9a-f]{32}$'),
    CONSTRAINT "customer_email_check" CHECK ("email" = lower("email") AND length("email") <= 254 AND "email" ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    CONSTRAINT "customer_phone_check" CHECK ("phone" ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT "customer_handle_check" CHECK ("handle" ~ '^[a-z0-9_]{3,30}$'),
    CONSTRAINT "customer_display_name_check" CHECK (length("display_name") BETWEEN 1 AND 80 AND "display_name" ~ '\S'),
    CONSTRAINT "customer_password_hash_check" CHECK ("password_hash" LIKE '$argon2id$%')
);

CREATE TABLE "handle_claim" (
    "skeleton" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "released_at" TIMESTAMPTZ(3),

    CONSTRAINT "handle_claim_pkey" PRIMARY KEY ("skeleton"),
    CONSTRAINT "handle_claim_skeleton_check" CHECK ("skeleton" ~ '^[a-z0-9]{1,60}$')
);

CREATE TABLE "tier_change" (
    "id" BIGSERIAL NOT NULL,
    "customer_id" TEXT NOT NULL,
    "from_tier" "kyc_tier" NOT NULL,
    "to_tier" "kyc_tier" NOT NULL,
    "reason" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tier_change_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "tier_change_check" CHECK (
        "from_tier" <> "to_tier" AND "actor_id" <> "customer_id" AND length("reason") BETWEEN 1 AND 200
    )
);

CREATE TABLE "customer_role" (
    "customer_id" TEXT NOT NULL,
    "role" "role" NOT NULL,

    CONSTRAINT "customer_role_pkey" PRIMARY KEY ("customer_id","role")
);

CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "session_id_check" CHECK ("id" ~ '^ses_[0-9a-f]{32}$')
);

CREATE TABLE "refresh_token" (
    "hash" BYTEA NOT NULL,
    "session_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_token_pkey" PRIMARY KEY ("hash"),
    CONSTRAINT "refresh_token_hash_check" CHECK (octet_length("hash") = 32),
    CONSTRAINT "refresh_token_used_at_check" CHECK ("used_at" < "expires_at")
);

CREATE TABLE "log_in_guard" (
    "address_hash" BYTEA NOT NULL,
    "failures" TIMESTAMPTZ(3)[] NOT NULL,
    "locked_until" TIMESTAMPTZ(3),
    "last_attempt_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "log_in_guard_pkey" PRIMARY KEY ("address_hash"),
    CONSTRAINT "log_in_guard_address_hash_check" CHECK (octet_length("address_hash") = 32),
    CONSTRAINT "log_in_guard_failures_check" CHECK (cardinality("failures") < 10 AND ("locked_until" IS NULL OR cardinality("failures") = 0))
);

-- Stored in one form each (lower case, E.164), so that they are unique however they are written.
CREATE UNIQUE INDEX "customer_email_key" ON "customer"("email");
CREATE UNIQUE INDEX "customer_handle_key" ON "customer"("handle");
CREATE UNIQUE INDEX "customer_phone_key" ON "customer"("phone");

CREATE INDEX "handle_claim_customer_id_idx" ON "handle_claim"("customer_id");

CREATE INDEX "tier_change_customer_id_id_idx" ON "tier_change"("customer_id", "id");

CREATE INDEX "session_customer_id_idx" ON "session"("customer_id");

CREATE INDEX "refresh_token_session_id_idx" ON "refresh_token"("session_id");

-- What is past its use is deleted by age.
CREATE INDEX "refresh_token_expires_at_idx" ON "refresh_token"("expires_at");
CREATE INDEX "log_in_guard_last_attempt_at_idx" ON "log_in_guard"("last_attempt_at");

ALTER TABLE "handle_claim" ADD CONSTRAINT "handle_claim_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "tier_change" ADD CONSTRAINT "tier_change_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "customer_role" ADD CONSTRAINT "customer_role_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "session" ADD CONSTRAINT "session_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "refresh_token" ADD CONSTRAINT "refresh_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- People are added and never removed; of them, what others reach them by and their tier may change. Changes of tier are
-- added to and never changed. Of sessions only their end is written.
GRANT SELECT, INSERT, UPDATE ("phone", "handle", "handle_changed_at", "tier") ON "customer" TO "profile_service";
GRANT SELECT, INSERT ON "customer_role", "tier_change" TO "profile_service";
GRANT USAGE ON SEQUENCE "tier_change_id_seq" TO "profile_service";
GRANT SELECT, INSERT, UPDATE ("customer_id", "released_at") ON "handle_claim" TO "profile_service";
GRANT SELECT, INSERT, UPDATE ("ended_at"), DELETE ON "session" TO "profile_service";
GRANT SELECT, INSERT, UPDATE ("used_at"), DELETE ON "refresh_token" TO "profile_service";
GRANT SELECT, INSERT, UPDATE, DELETE ON "log_in_guard" TO "profile_service";

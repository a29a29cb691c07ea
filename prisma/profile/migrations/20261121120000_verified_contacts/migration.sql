-- Addresses and numbers count once whoever gave them has shown that what is sent there reaches them.

CREATE TYPE "contact_kind" AS ENUM ('EMAIL', 'PHONE');

ALTER TABLE "customer"
    ADD COLUMN "email_verified_at" TIMESTAMPTZ(3),
    ADD COLUMN "phone_verified_at" TIMESTAMPTZ(3),
    ADD CONSTRAINT "customer_phone_verified_check" CHECK ("phone" IS NOT NULL OR "phone_verified_at" IS NULL);

-- Anybody may claim a number; whoever has proved it has it alone.
DROP INDEX "customer_phone_key";
CREATE UNIQUE INDEX "customer_verified_phone_key" ON "customer" ("phone") WHERE "phone_verified_at" IS NOT NULL;

CREATE TABLE "contact_code" (
    "id" BIGSERIAL NOT NULL,
    "customer_id" TEXT NOT NULL,
    "kind" "contact_kind" NOT NULL,
    "address_hash" BYTEA NOT NULL,
    "code_hash" TEXT NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "contact_code_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "contact_code_attempts_check" CHECK ("attempts" BETWEEN 0 AND 5),
    CONSTRAINT "contact_code_address_hash_check" CHECK (octet_length("address_hash") = 32),
    CONSTRAINT "contact_code_expires_at_check" CHECK ("expires_at" > "sent_at")
);

CREATE INDEX "contact_code_customer_id_kind_id_idx" ON "contact_code" ("customer_id", "kind", "id");
CREATE INDEX "contact_code_address_hash_sent_at_idx" ON "contact_code" ("address_hash", "sent_at");
CREATE INDEX "contact_code_sent_at_idx" ON "contact_code" ("sent_at");

ALTER TABLE "contact_code" ADD CONSTRAINT "contact_code_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

GRANT UPDATE ("email_verified_at", "phone_verified_at") ON "customer" TO "profile_service";
GRANT SELECT, INSERT, UPDATE ("attempts", "used_at"), DELETE ON "contact_code" TO "profile_service";
GRANT USAGE ON SEQUENCE "contact_code_id_seq" TO "profile_service";

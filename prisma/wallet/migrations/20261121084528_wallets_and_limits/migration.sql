CREATE TYPE "wallet_status" AS ENUM ('ACTIVE', 'FROZEN_IN', 'FROZEN_OUT', 'FROZEN', 'CLOSED');

CREATE TYPE "freeze_origin" AS ENUM ('OWNER', 'OPERATOR');

CREATE TYPE "limit_hold_status" AS ENUM ('HELD', 'USED', 'RELEASED');

CREATE TABLE "wallet" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "label" TEXT NOT NULL,
    "slot" SMALLINT,
    "status" "wallet_status" NOT NULL DEFAULT 'ACTIVE',
    "freeze_origin" "freeze_origin",
    "freeze_reason" TEXT,
    "frozen_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),
    "lease_epoch" INTEGER NOT NULL DEFAULT 0,
    "ceiling" BIGINT,
    "tier_checked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "wallet_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "wallet_id_check" CHECK ("id" ~ '^wal_[0-9a-f]{32}$'),
    CONSTRAINT "wallet_owner_id_check" CHECK ("owner_id" ~ '^cus_[0-9a-f]{32}$'),
    CONSTRAINT "wallet_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$'),
    CONSTRAINT "wallet_ceiling_check" CHECK ("ceiling" >= 0),
    CONSTRAINT "wallet_label_check" CHECK (length("label") BETWEEN 1 AND 60),
    CONSTRAINT "wallet_slot_check" CHECK ("slot" BETWEEN 1 AND 10 AND ("slot" IS NULL) = ("status" = 'CLOSED')),
    CONSTRAINT "wallet_freeze_check" CHECK (
        ("status" IN ('FROZEN_IN', 'FROZEN_OUT', 'FROZEN')) = ("freeze_origin" IS NOT NULL)
        AND ("freeze_origin" IS NULL) = ("frozen_at" IS NULL)
        AND ("freeze_reason" IS NULL OR "freeze_origin" IS NOT NULL)
    ),
    CONSTRAINT "wallet_freeze_reason_check" CHECK (length("freeze_reason") BETWEEN 1 AND 200)
);

CREATE TABLE "monthly_usage" (
    "wallet_id" TEXT NOT NULL,
    "month" DATE NOT NULL,
    "taken" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "monthly_usage_pkey" PRIMARY KEY ("wallet_id","month"),
    CONSTRAINT "monthly_usage_month_check" CHECK (extract(day FROM "month") = 1),
    CONSTRAINT "monthly_usage_taken_check" CHECK ("taken" >= 0)
);

CREATE TABLE "limit_usage" (
    "wallet_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "taken" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "limit_usage_pkey" PRIMARY KEY ("wallet_id","day"),
    CONSTRAINT "limit_usage_taken_check" CHECK ("taken" >= 0)
);

CREATE TABLE "limit_hold" (
    "payment_id" TEXT NOT NULL,
    "wallet_id" TEXT,
    "day" DATE,
    "amount" BIGINT,
    "status" "limit_hold_status" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "limit_hold_pkey" PRIMARY KEY ("payment_id"),
    CONSTRAINT "limit_hold_payment_id_check" CHECK ("payment_id" ~ '^pay_[0-9a-f]{32}$'),
    CONSTRAINT "limit_hold_amount_check" CHECK ("amount" > 0),
    CONSTRAINT "limit_hold_tombstone_check" CHECK (
        ("wallet_id" IS NULL) = ("day" IS NULL)
        AND ("wallet_id" IS NULL) = ("amount" IS NULL)
        AND ("wallet_id" IS NOT NULL OR "status" = 'RELEASED')
    ),
    CONSTRAINT "limit_hold_settled_at_check" CHECK (("status" = 'HELD') = ("settled_at" IS NULL))
);

-- A person's wallets, oldest first.
CREATE INDEX "wallet_owner_id_id_idx" ON "wallet"("owner_id", "id");

-- At most ten wallets per person and currency, however many are opened at once.
CREATE UNIQUE INDEX "wallet_owner_id_currency_slot_key" ON "wallet"("owner_id", "currency", "slot");

ALTER TABLE "monthly_usage" ADD CONSTRAINT "monthly_usage_wallet_id_fkey" FOREIGN KEY ("wallet_id") REFERENCES "wallet"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "limit_usage" ADD CONSTRAINT "limit_usage_wallet_id_fkey" FOREIGN KEY ("wallet_id") REFERENCES "wallet"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "limit_hold" ADD CONSTRAINT "limit_hold_wallet_id_day_fkey" FOREIGN KEY ("wallet_id", "day") REFERENCES "limit_usage"("wallet_id", "day") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- What the amounts so far come to when each is taken only if it still fits: as a window aggregate it decides, in their
-- order, which of many amounts a limit has room for.
CREATE FUNCTION "add_if_room"("total" BIGINT, "amount" BIGINT, "room" BIGINT) RETURNS BIGINT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN "amount" <= "room" - "total" THEN "total" + "amount" ELSE "total" END;

CREATE AGGREGATE "sum_within"("amount" BIGINT, "room" BIGINT) (
    SFUNC = "add_if_room",
    STYPE = BIGINT,
    INITCOND = '0',
    PARALLEL = SAFE
);

-- Whose tier is to be looked at next.
CREATE INDEX "wallet_tier_checked_at_idx" ON "wallet" ("tier_checked_at") WHERE "status" <> 'CLOSED';

-- What is held for payments under way, which a sweep goes through.
CREATE INDEX "limit_hold_live_idx" ON "limit_hold" ("payment_id") WHERE "status" = 'HELD';

-- Whose wallet it is and what it holds never changes, and nothing is ever removed.
GRANT SELECT, INSERT, UPDATE ("status", "slot", "freeze_origin", "freeze_reason", "frozen_at", "lease_until", "lease_epoch", "ceiling", "tier_checked_at")
    ON "wallet" TO "wallet_service";
GRANT SELECT, INSERT, UPDATE ("taken") ON "limit_usage", "monthly_usage" TO "wallet_service";
GRANT SELECT, INSERT, UPDATE ("status", "settled_at") ON "limit_hold" TO "wallet_service";

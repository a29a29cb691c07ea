CREATE TYPE "rate_kind" AS ENUM ('SPOT', 'MONTHLY_AVERAGE');

CREATE TABLE "rate_observation" (
    "currency" TEXT NOT NULL CHECK ("currency" ~ '^[A-Z]{3}$'),
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,
    "kind" "rate_kind" NOT NULL,
    "units_per_usd" DECIMAL(48,24) NOT NULL CHECK ("units_per_usd" > 0),
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "rate_observation_pkey" PRIMARY KEY ("currency", "observed_at", "source")
);

CREATE TABLE "forex_quote" (
    "id" TEXT NOT NULL,
    "source_currency" TEXT NOT NULL,
    "target_currency" TEXT NOT NULL,
    "source_amount" BIGINT NOT NULL CHECK ("source_amount" > 0),
    "target_amount" BIGINT NOT NULL CHECK ("target_amount" > 0),
    "target_at_mid" BIGINT NOT NULL,
    "mid_numerator" TEXT NOT NULL CHECK ("mid_numerator" ~ '^[1-9][0-9]*$'),
    "mid_denominator" TEXT NOT NULL CHECK ("mid_denominator" ~ '^[1-9][0-9]*$'),
    "spread_basis_points" INTEGER NOT NULL CHECK ("spread_basis_points" BETWEEN 0 AND 9999),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL DEFAULT (clock_timestamp() + '00:00:30'::interval),
    "payment_id" TEXT,
    "locked_at" TIMESTAMPTZ(3),

    CONSTRAINT "forex_quote_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "forex_quote_two_currencies" CHECK ("source_currency" <> "target_currency"),
    CONSTRAINT "forex_quote_spread_earned" CHECK ("target_at_mid" >= "target_amount"),
    CONSTRAINT "forex_quote_lifetime" CHECK ("expires_at" > "created_at"),
    CONSTRAINT "forex_quote_lock_whole" CHECK (("payment_id" IS NULL) = ("locked_at" IS NULL)),
    CONSTRAINT "forex_quote_lock_in_time" CHECK ("locked_at" <= "expires_at")
);

-- A quote is one payment's for good: whoever comes second must not take it over, by whatever statement.
CREATE FUNCTION "keep_lock"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Quote % is locked to payment % for good', OLD.id, OLD.payment_id
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER "forex_quote_keep_lock"
    BEFORE UPDATE OF "payment_id", "locked_at" ON "forex_quote"
    FOR EACH ROW WHEN (OLD."payment_id" IS NOT NULL)
    EXECUTE FUNCTION "keep_lock"();

-- Rates and prices are records: the service adds them, and changes nothing but the lock.
GRANT SELECT, INSERT ON "rate_observation", "forex_quote" TO "forex_service";
GRANT UPDATE ("payment_id", "locked_at") ON "forex_quote" TO "forex_service";

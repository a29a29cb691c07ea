-- Of a payment captured in part only that part counts: what was held stays as it was asked for, and is what a repetition is
-- compared with.
ALTER TABLE "limit_hold" ADD COLUMN "used" BIGINT;

ALTER TABLE "limit_hold" ADD CONSTRAINT "limit_hold_used_check" CHECK (
    "used" IS NULL OR ("status" = 'USED' AND "used" BETWEEN 1 AND "amount")
);

GRANT UPDATE ("used") ON "limit_hold" TO "wallet_service";

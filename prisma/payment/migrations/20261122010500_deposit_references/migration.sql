-- What a bank calls a credit is recorded as one deposit, whoever records it and under whichever key. One that has come to
-- nothing leaves its reference free.

-- Of those that share one already, the first keeps it as it is.
UPDATE "payment" p SET "external_reference" = p."external_reference" || ' ' || p."id"
FROM "payment" e
WHERE e."external_reference" = p."external_reference" AND e."id" < p."id";

CREATE UNIQUE INDEX "payment_deposit_reference_key" ON "payment" ("rail", "external_reference")
    WHERE "external_reference" IS NOT NULL AND "state" NOT IN ('FAILED', 'EXPIRED', 'CANCELLED');

-- By the account outside that paid or was paid: what a customer asks about, and what staff follow from one to the next.
CREATE INDEX "payment_counterparty_account_id_idx" ON "payment" (
    (coalesce("counterparty" ->> 'phoneNumber', "counterparty" ->> 'iban')), "id"
) WHERE "counterparty" IS NOT NULL;

INSERT INTO "payment_transition" ("from_state", "to_state", "reason")
VALUES
    ('VALIDATING', 'FAILED', 'MAXIMUM_BALANCE_EXCEEDED'),
    ('IN_REVIEW', 'FAILED', 'MAXIMUM_BALANCE_EXCEEDED');

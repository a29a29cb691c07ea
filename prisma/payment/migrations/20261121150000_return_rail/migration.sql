-- Money in suspense may go back over another rail than the one that brought it, which is not to be forgotten.
ALTER TABLE suspense_item ADD COLUMN return_rail text;
UPDATE suspense_item SET return_rail = rail WHERE state IN ('RETURNING', 'RETURNED', 'REOPENED');

REVOKE UPDATE ("rail") ON "suspense_item" FROM "payment_service";
GRANT UPDATE ("return_rail") ON "suspense_item" TO "payment_service";

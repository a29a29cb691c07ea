-- That a wallet would hold more than it may is another matter than that it is frozen or closed. Values of a type can be used
-- once they are committed: the steps that have this reason follow by themselves.
ALTER TYPE "payment_reason" ADD VALUE 'MAXIMUM_BALANCE_EXCEEDED' AFTER 'PAYEE_WALLET_UNAVAILABLE';
ALTER TYPE "payment_failure_code" ADD VALUE 'MAXIMUM_BALANCE_EXCEEDED' AFTER 'PAYEE_WALLET_UNAVAILABLE';

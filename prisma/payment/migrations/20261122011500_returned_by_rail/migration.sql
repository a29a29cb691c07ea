-- A refund, or money sent back from suspense, that a rail returns after it had confirmed it lies in suspense again.

ALTER TYPE "suspense_origin" ADD VALUE 'RETURNED_BY_RAIL';

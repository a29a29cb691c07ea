/**
 * How long the proofs take: `npm test` has a short form of each, `LEDGER_PROOFS=full` (`npm run test:ledger-crashes`) the
 * whole.
 */
export const isFull = process.env.LEDGER_PROOFS === 'full';

export const extent = isFull
  ? { kills: 20, clients: 16, bankSeconds: 30, testTimeoutMs: 3_600_000 }
  : { kills: 2, clients: 6, bankSeconds: 3, testTimeoutMs: 600_000 };

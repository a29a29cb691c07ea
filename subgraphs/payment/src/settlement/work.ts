import { settledWithBank } from '../payment/posting.ts';
import { type BackoffOptions, backoff } from '../worker/backoff.ts';
import type { Books } from '../worker/books.ts';
import type { Settlement } from './settlement.ts';
import type { Settlements } from './store.ts';

export interface SettlementWorkDependencies {
  readonly settlements: Settlements;
  readonly books: Pick<Books, 'post'>;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly backoff: BackoffOptions;
}

/** Brings settlements into the books: repeated under the same ids until the ledger says that it has them. */
export function createSettlementWork(dependencies: SettlementWorkDependencies): () => Promise<boolean> {
  const { settlements, books, batchSize, leaseMs } = dependencies;
  return async () => {
    const claimed = await settlements.claim(batchSize, leaseMs);
    if (claimed.length === 0) return false;
    const answers = await books.post(claimed.map(postingOf));
    const isBooked = claimed.map((_, index) => answers[index]?.kind === 'done');
    await settlements.booked(claimed.filter((_, index) => isBooked[index]));
    for (const settlement of claimed.filter((_, index) => !isBooked[index]))
      await settlements.postpone(settlement, backoff(settlement.attempts, dependencies.backoff, Math.random()));
    return true;
  };
}

/** What the books are to hold of a settlement. */
export function postingOf({ id, rail, amount, direction, transactionId }: Settlement) {
  const entries = settledWithBank(rail, amount, direction);
  return { id: transactionId, kind: 'ADJUSTMENT', reference: id, entries } as const;
}

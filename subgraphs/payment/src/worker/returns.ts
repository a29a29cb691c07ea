import type { Diversion, Moves } from '../payment/move.ts';
import { capturedPrice, type Payment, type Payout } from '../payment/payment.ts';
import { payoutReturned } from '../payment/posting.ts';
import type { Payments } from '../payment/store.ts';
import type { Attempts } from '../rails/attempt-store.ts';
import type { Books } from './books.ts';

export interface ReturnDependencies {
  readonly payments: Payments;
  readonly attempts: Attempts;
  readonly books: Books;
  readonly moves: Moves;
  readonly moved: (payments: readonly Payment[]) => void;
}

/**
 * Books payouts that a rail has sent back after it had confirmed them: the money goes back to the wallet, the fee stays,
 * and the payment ends REFUNDED. Says of each whether that is done; one that is not CONFIRMED yet has to wait for it.
 */
export function createReturns({ payments, attempts, books, moves, moved }: ReturnDependencies) {
  return async (paymentIds: readonly string[]): Promise<boolean[]> => {
    const found = await payments.byIds(paymentIds);
    const carriers = await attempts.ofSubjects(paymentIds);
    const due = found.flatMap((payment) => {
      const carrier = carriers.find(({ id, state }) => id === payment.carriedBy && state === 'RETURNED');
      return payment.kind === 'PAYOUT' && payment.state === 'CONFIRMED' && carrier
        ? [{ payout: payment, carrier }]
        : [];
    });
    const answers = await books.deliver(
      due.map(({ payout, carrier }) => ({
        posting: {
          id: payout.returnId,
          kind: payout.kind,
          reference: payout.id,
          entries: payoutReturned(payout, carrier.rail, false),
        },
        diverted: payoutReturned(payout, carrier.rail, true),
      })),
    );
    const steps = due.flatMap(({ payout }, index) => {
      const kind = answers[index]?.kind;
      if (kind !== 'done' && kind !== 'diverted') return [];
      const diversion: Diversion = { amount: capturedPrice(payout).source, transactionId: payout.returnId };
      const step = { payment: payout satisfies Payout, to: 'REFUNDED', reason: 'RETURNED_BY_RAIL' } as const;
      return [kind === 'diverted' ? { ...step, diversion } : step];
    });
    const returned = await moves.advance(steps);
    moved(returned);
    const isOver = (id: string) =>
      returned.some((payment) => payment.id === id) ||
      found.some((payment) => payment.id === id && payment.state === 'REFUNDED');
    return paymentIds.map(isOver);
  };
}

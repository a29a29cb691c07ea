import { isInBooks, type Moves, type Passage } from '../payment/move.ts';
import type { Payment, Transfer } from '../payment/payment.ts';
import type { Books } from './books.ts';
import { outcomeOf, reservationOf } from './outcomes.ts';
import { failed, type Outcome, type Stage, unknown } from './stage.ts';

export const executionStarted = { kind: 'step', to: 'PROCESSING', reason: 'EXECUTION_STARTED' } as const;
export const fundsMoved = { kind: 'step', to: 'CONFIRMED', reason: 'FUNDS_MOVED' } as const;

/**
 * Transfers for whose execution nobody waits once they are checked: the books hold and move their funds in one call, and all
 * steps up to CONFIRMED are taken in one statement.
 *
 * No step is between the checks and the money, so the books decide how such a payment ends. Whoever would end it otherwise
 * has them close its reservation first: then nothing moves any more, whatever was asked for by whomever. If it has moved,
 * the payment is CONFIRMED.
 */
export interface AtOnce {
  /** Of payments that {@link isInBooks}. */
  readonly move: (payments: readonly Payment[]) => Promise<readonly Outcome[]>;
  /** The stage, with the books closed for what it fails. */
  readonly closingFirst: (stage: Stage) => Stage;
  /** Ends up to `limit` whose time has run out, and answers them as they are then. */
  readonly expire: (limit: number) => Promise<readonly Payment[]>;
}

export function createAtOnce(books: Pick<Books, 'move' | 'close'>, moves: Moves): AtOnce {
  const close = (payments: readonly Payment[]) => books.close(payments.map(({ reservationId }) => reservationId));

  return {
    async move(payments) {
      const transfers = payments.filter(isTransfer);
      const answers = await books.move(
        transfers.map((payment) => ({ ...reservationOf(payment), transactionId: payment.transactionId })),
      );
      return transfers.map((payment, index) => {
        const answer = answers[index] ?? unknown;
        if (answer.kind !== 'closed') return outcomeOf(payment, answer, movedAtOnce(payment));
        // Whoever closed it is about to say why, unless they died before they could.
        return payment.attempts === 0 ? unknown : failed('INTERNAL');
      });
    },

    closingFirst: (stage) => async (payments) => {
      const outcomes = await stage(payments);
      const failing = payments.filter((payment, index) => isFailure(outcomes[index]) && mayBeMoving(payment));
      const closings = (await close(failing)).values();
      return payments.map((payment, index) => {
        const outcome = outcomes[index] ?? unknown;
        if (!failing.includes(payment)) return outcome;
        const closing = closings.next().value ?? unknown;
        if (closing.kind === 'moved') return movedAtOnce(payment);
        return closing.kind === 'closed' ? outcome : closing;
      });
    },

    async expire(limit) {
      const payments = await moves.overdueInBooks(limit);
      const closings = await close(payments);
      const those = (kind: 'closed' | 'moved') => payments.filter((_, index) => closings[index]?.kind === kind);
      const ended = await Promise.all([
        moves.expireClosed(those('closed').map(({ id }) => id)),
        moves.advance(those('moved').map((payment) => ({ payment, ...movedAtOnce(payment) }))),
      ]);
      return ended.flat();
    },
  };
}

function isTransfer(payment: Payment): payment is Transfer {
  return payment.kind === 'TRANSFER';
}

function isFailure(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'step' && outcome.to === 'FAILED';
}

/** Whether somebody who had the payment before may still be asking for it to be moved. */
function mayBeMoving(payment: Payment): boolean {
  return isInBooks(payment) && payment.leaseEpoch > 1;
}

function movedAtOnce({ state }: Payment) {
  const reason = state === 'IN_REVIEW' ? 'REVIEW_APPROVED' : 'CHECKS_PASSED';
  const through: readonly Passage[] = [
    { state: 'PENDING', reason },
    { state: executionStarted.to, reason: executionStarted.reason },
  ];
  return { ...fundsMoved, through };
}

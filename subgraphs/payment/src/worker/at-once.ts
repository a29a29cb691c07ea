import type { Ending, Endings, Failing } from '../payment/ending.ts';
import { stepsFrom } from '../payment/lifecycle.ts';
import { isInBooks, type Moves, type Passage } from '../payment/move.ts';
import type { Payment, Transfer } from '../payment/payment.ts';
import type { Books, Closing } from './books.ts';
import { outcomeOf, reservationOf } from './outcomes.ts';
import { failed, type Outcome, type Stage, unknown } from './stage.ts';

export const executionStarted = { kind: 'step', to: 'PROCESSING', reason: 'EXECUTION_STARTED' } as const;
export const fundsMoved = { kind: 'step', to: 'CONFIRMED', reason: 'FUNDS_MOVED' } as const;

/**
 * Transfers for whose execution nobody waits once they are checked: the books hold and move their funds in one call, and all
 * steps up to CONFIRMED are taken in one statement.
 *
 * No step is between the checks and the money, so the books decide how such a payment ends. Whoever would end it otherwise
 * takes it in hand, writes how, and has them close its reservation: then nothing moves any more, whatever was asked for by
 * whomever. If it has moved, the payment is CONFIRMED.
 */
export interface AtOnce {
  /** Of payments that {@link isInBooks}. */
  readonly move: (payments: readonly Payment[]) => Promise<readonly Outcome[]>;
  /** The stage, with the books closed for what it fails. */
  readonly closingFirst: (stage: Stage) => Stage;
  /** Ends up to `limit` whose time has run out, and answers them as they are then. */
  readonly expire: (limit: number) => Promise<readonly Payment[]>;
}

export function createAtOnce(books: Pick<Books, 'move' | 'close'>, moves: Moves, endings: Endings): AtOnce {
  const close = (payments: readonly Payment[]) => books.close(payments.map(({ reservationId }) => reservationId));
  /** What becomes of each: of those that the worker has lost, nothing. */
  const closeFor = async (failures: readonly Failing[]) => {
    const held = await endings.write(failures);
    const closings = await close(held.map(({ payment }) => payment));
    const closed = held.map((failing, index) => closedFor(failing, closings[index] ?? unknown));
    return new Map<string, Outcome>([
      ...failures.map(({ payment }) => [payment.id, unknown] as const),
      ...held.map(({ payment }, index) => [payment.id, closed[index] ?? unknown] as const),
    ]);
  };

  return {
    async move(payments) {
      const transfers = payments.filter(isTransfer);
      const answers = await books.move(
        transfers.map((payment) => ({ ...reservationOf(payment), transactionId: payment.transactionId })),
      );
      const ended = await endings.of(transfers.filter((_, index) => answers[index]?.kind === 'closed'));
      return transfers.map((payment, index) => {
        const answer = answers[index] ?? unknown;
        return answer.kind === 'closed'
          ? endedAs(payment, ended.get(payment.id))
          : outcomeOf(payment, answer, movedAtOnce(payment));
      });
    },

    closingFirst: (stage) => async (payments) => {
      const outcomes = await stage(payments);
      const failures = payments.flatMap((payment, index) => {
        const outcome = outcomes[index];
        return outcome?.kind === 'step' && outcome.to === 'FAILED' && !outcome.isClosed && mayBeMoving(payment)
          ? [{ payment, outcome }]
          : [];
      });
      const closed = await closeFor(failures);
      return payments.map((payment, index) => closed.get(payment.id) ?? outcomes[index] ?? unknown);
    },

    async expire(limit) {
      const payments = await endings.takeOverdue(limit);
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

/** What becomes of a payment that fails if nothing of it has moved. */
function closedFor({ payment, outcome }: Failing, closing: Closing): Outcome {
  if (closing.kind === 'moved') return movedAtOnce(payment);
  return closing.kind === 'closed' ? outcome : closing;
}

/** The step of a payment whose reservation was closed by somebody who did not come to write it: as they meant it to end. */
function endedAs({ state }: Payment, ending: Ending | undefined): Outcome {
  const isLegal = stepsFrom(state).some(({ to, reason }) => to === ending?.to && reason === ending.reason);
  // What was meant in one state may be no reason in the next.
  if (!ending || !isLegal) return { ...failed('INTERNAL'), isClosed: true };
  const { to, reason, actor } = ending;
  return to === 'FAILED'
    ? { ...failed(ending.failureCode, reason), isClosed: true }
    : { kind: 'step', to, reason, actor };
}

/** Whether somebody who had the payment before may still be asking for it to be moved. */
function mayBeMoving(payment: Payment): boolean {
  return isInBooks(payment) && payment.leaseEpoch > 1;
}

/** The step of a payment in the books whose money has moved. */
export function movedAtOnce({ state }: Payment) {
  const reason = state === 'IN_REVIEW' ? 'REVIEW_APPROVED' : 'CHECKS_PASSED';
  const through: readonly Passage[] = [
    { state: 'PENDING', reason },
    { state: executionStarted.to, reason: executionStarted.reason },
  ];
  return { ...fundsMoved, through };
}

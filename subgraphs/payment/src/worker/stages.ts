import type { FailureCode } from '../payment/failure.ts';
import { isInBooks } from '../payment/move.ts';
import type { Collection, Payment, Payout, Transfer } from '../payment/payment.ts';
import { type AtOnce, executionStarted, fundsMoved } from './at-once.ts';
import type { Books } from './books.ts';
import type { Checks, Verdict } from './checks.ts';
import type { WorkableState } from './lease.ts';
import { captureOf, outcomeOf, reservationOf } from './outcomes.ts';
import type { RailStages } from './rail-stages.ts';
import { failed, type Outcome, type Stage, unknown } from './stage.ts';

export interface StageDependencies {
  readonly checks: Checks;
  readonly books: Books;
  readonly rails: RailStages;
  readonly atOnce: AtOnce;
}

/** What is done in each state. Every stage may be repeated from its beginning, by this process or by another one. */
export function createStages(dependencies: StageDependencies): Record<WorkableState, Stage> {
  const { checks, books, rails, atOnce } = dependencies;

  /** Takes those that may go on further. */
  const goOn = async (
    payments: readonly Payment[],
    reason: 'CHECKS_PASSED' | 'REVIEW_APPROVED',
  ): Promise<Outcome[]> => {
    const [moving, holding] = await Promise.all([
      atOnce.move(payments.filter(isInBooks)),
      hold(
        payments.filter((payment) => !isInBooks(payment)),
        reason,
      ),
    ]);
    const [moved, held] = [moving.values(), holding.values()];
    return payments.map((payment) => (isInBooks(payment) ? moved : held).next().value ?? unknown);
  };
  /** A collection has no funds to be held. */
  const hold = async (
    payments: readonly Payment[],
    reason: 'CHECKS_PASSED' | 'REVIEW_APPROVED',
  ): Promise<Outcome[]> => {
    const onward = (payment: Payment): Outcome =>
      isExecutedAtOnce(payment)
        ? { ...executionStarted, through: [{ state: 'PENDING', reason }] }
        : { kind: 'step', to: 'PENDING', reason };
    const held = payments.filter(holdsFunds);
    if (held.length === 0) return payments.map(onward);
    const answers = await books.reserve(held.map(reservationOf));
    return held.map((payment, index) => outcomeOf(payment, answers[index] ?? unknown, onward(payment)));
  };

  return {
    // Claimed without being moved on: its time has run out meanwhile.
    INITIATED: always({ kind: 'step', to: 'VALIDATING', reason: 'CHECKS_STARTED' }),

    VALIDATING: atOnce.closingFirst(async (payments) =>
      decided(payments, await checks.all(payments), {
        passed: (those) => goOn(those, 'CHECKS_PASSED'),
        review: { kind: 'step', to: 'IN_REVIEW', reason: 'REVIEW_REQUIRED' },
        refused: (code) => failed(code),
      }),
    ),

    IN_REVIEW: atOnce.closingFirst(async (payments) =>
      decided(payments, await checks.risk(payments), {
        passed: (those) => goOn(those, 'REVIEW_APPROVED'),
        review: { kind: 'undecided' },
        refused: (code) => failed(code, 'REVIEW_DECLINED'),
      }),
    ),

    async PENDING(payments) {
      const collections = payments.filter(isRailCollection);
      if (collections.length > 0) return rails.collect(collections);
      // One that waits for a hand is not claimed before it has run out; should it be, it goes on waiting.
      return payments.map((payment): Outcome => (isExecutedAtOnce(payment) ? executionStarted : { kind: 'waiting' }));
    },

    async PROCESSING(payments) {
      const [first] = payments;
      switch (first?.kind) {
        case 'PAYOUT':
          return rails.payOut(payments.filter(isPayout));
        case 'COLLECTION':
          return rails.book(payments.filter(isCollection));
        default: {
          const answers = await books.capture(payments.map(captureOf));
          return payments.map((payment, index) => outcomeOf(payment, answers[index] ?? unknown, fundsMoved));
        }
      }
    },
  };
}

/** Whether nobody has to be waited for, neither a hand nor whoever pays in from outside. */
function isExecutedAtOnce(payment: Payment): boolean {
  return payment.captureMethod === 'AUTOMATIC' && !isRailCollection(payment);
}

function holdsFunds(payment: Payment): payment is Transfer | Payout {
  return payment.kind !== 'COLLECTION';
}

function isPayout(payment: Payment): payment is Payout {
  return payment.kind === 'PAYOUT';
}

function isCollection(payment: Payment): payment is Collection {
  return payment.kind === 'COLLECTION';
}

function isRailCollection(
  payment: Payment,
): payment is Collection & { counterparty: NonNullable<Collection['counterparty']> } {
  return payment.kind === 'COLLECTION' && payment.counterparty !== null;
}

function always(outcome: Outcome): Stage {
  return async (payments) => payments.map(() => outcome);
}

interface Consequences {
  /** In one call for all that passed. */
  readonly passed: Stage;
  readonly review: Outcome;
  readonly refused: (code: FailureCode) => Outcome;
}

async function decided(
  payments: readonly Payment[],
  verdicts: readonly Verdict[],
  { passed, review, refused }: Consequences,
): Promise<Outcome[]> {
  const further = [...(await passed(payments.filter((_, index) => verdicts[index]?.kind === 'passed')))];
  const consequence = (verdict: Verdict): Outcome => {
    switch (verdict.kind) {
      case 'passed':
        return further.shift() ?? unknown;
      case 'review':
        return review;
      case 'refused':
        return refused(verdict.code);
      case 'unknown':
        return verdict;
    }
  };
  return verdicts.map(consequence);
}

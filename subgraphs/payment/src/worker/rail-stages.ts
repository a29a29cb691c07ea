import type { Money } from '@paygraph/money';
import type { Counterparty } from '@paygraph/rails';
import { type Collection, capturedPrice, type Payout } from '../payment/payment.ts';
import { payoutConfirmed, payoutFailed, postingOf } from '../payment/posting.ts';
import { debitOf } from '../quote/price.ts';
import type { Attempts } from '../rails/attempt-store.ts';
import type { RailFailure, Ride, Rides } from '../rails/ride.ts';
import type { Books, Delivery } from './books.ts';
import { captureOf, outcomeOf } from './outcomes.ts';
import { failed, type Outcome, unknown } from './stage.ts';

/** The rails' part in payments of one lane. One outcome each, in order. */
export interface RailStages {
  /** Asks whoever is outside for the money: waits PENDING, so that it can be called off and run out. */
  collect(collections: readonly RailCollection[]): Promise<Outcome[]>;
  /** Books what has come in. */
  book(collections: readonly Collection[]): Promise<Outcome[]>;
  /** Moves the funds into transit before the first byte goes to a rail, and out of it once the rail has spoken. */
  payOut(payouts: readonly Payout[]): Promise<Outcome[]>;
}

export type RailCollection = Collection & { readonly counterparty: Counterparty };

export interface RailStageDependencies {
  readonly books: Books;
  readonly rides: Rides;
  readonly attempts: Attempts;
}

const waiting: Outcome = { kind: 'waiting' };

export function createRailStages({ books, rides, attempts }: RailStageDependencies): RailStages {
  return {
    async collect(collections) {
      const standings = await rides(collections.map((one) => riderOf(one, 'COLLECTION', one.price.source)));
      return standings.map(collected);
    },

    async book(collections) {
      const known = await attempts.ofSubjects(
        collections.filter(({ carriedBy }) => carriedBy !== null).map(({ id }) => id),
      );
      const deliveries = collections.map((collection) => {
        const rail = known.find(({ id }) => id === collection.carriedBy)?.rail;
        const posting = { ...idsOf(collection), id: collection.transactionId, entries: postingOf(collection, rail) };
        return { posting, diverted: postingOf({ ...collection, diverted: true }, rail) };
      });
      const answers = await books.deliver(deliveries);
      return collections.map((collection, index): Outcome => {
        const { transactionId, price } = collection;
        const answer = answers[index] ?? unknown;
        if (answer.kind !== 'diverted')
          return outcomeOf(collection, answer, { kind: 'step', to: 'CONFIRMED', reason: 'FUNDS_MOVED' });
        const diversion = { amount: price.target, transactionId };
        return { kind: 'step', to: 'CONFIRMED', reason: 'HELD_IN_SUSPENSE', diversion };
      });
    },

    async payOut(payouts) {
      const captures = await books.capture(payouts.map(captureOf));
      const captured = payouts.filter((_, index) => captures[index]?.kind === 'done');
      const standings = await rides(captured.map((one) => riderOf(one, 'PAYOUT', capturedPrice(one).target)));
      const outcomes = [...(await settlePayouts(books, captured, standings))];
      return payouts.map((payout, index) => {
        const capture = captures[index] ?? unknown;
        return capture.kind === 'done' ? (outcomes.shift() ?? unknown) : outcomeOf(payout, capture, waiting);
      });
    },
  };
}

function collected(ride: Ride): Outcome {
  switch (ride.kind) {
    case 'riding':
      return waiting;
    case 'arrived':
      return { kind: 'step', to: 'PROCESSING', reason: 'RAIL_CONFIRMED', carriedBy: ride.attempt.id };
    case 'refused':
      return failed(ride.code);
  }
}

/** Books the end of those that have one. */
async function settlePayouts(books: Books, payouts: readonly Payout[], rides: readonly Ride[]): Promise<Outcome[]> {
  const ended = payouts.flatMap((payout, index) => {
    const ride = rides[index];
    return ride && ride.kind !== 'riding' ? [{ payout, ride }] : [];
  });
  const deliveries = ended.map(({ payout, ride }) => {
    const common = { ...idsOf(payout), id: payout.settlementId };
    if (ride.kind === 'refused') {
      const posting = { ...common, entries: payoutFailed(payout) };
      return { posting, diverted: payoutFailed({ ...payout, diverted: true }) };
    }
    const entries = payoutConfirmed(payout, ride.attempt.rail);
    return { posting: { ...common, entries }, diverted: entries };
  });
  const answers = await books.deliver(deliveries);
  const outcomes = ended.map(({ payout, ride }, index) => endOf(payout, ride, answers[index] ?? unknown));
  return rides.map((ride) => (ride.kind === 'riding' ? waiting : (outcomes.shift() ?? unknown)));
}

type EndedRide = Exclude<Ride, { kind: 'riding' }>;

function endOf(payout: Payout, ride: EndedRide, answer: Delivery): Outcome {
  if (ride.kind === 'arrived') {
    // Whatever the books say to it, the money is gone: somebody must look, and nothing fails.
    if (answer.kind !== 'done') return unknown;
    return { kind: 'step', to: 'CONFIRMED', reason: 'FUNDS_MOVED', carriedBy: ride.attempt.id };
  }
  switch (answer.kind) {
    case 'done':
      return failed(ride.code);
    case 'diverted':
      return {
        ...step(ride.code),
        diversion: { amount: debitOf(capturedPrice(payout)), transactionId: payout.settlementId },
      };
    default:
      return unknown;
  }
}

function step(code: RailFailure) {
  return { kind: 'step', to: 'FAILED', reason: code, failureCode: code } as const;
}

function riderOf(payment: Payout | RailCollection, direction: 'COLLECTION' | 'PAYOUT', amount: Money) {
  const { id, counterparty } = payment;
  return { subjectId: id, ask: { direction, amount, counterparty }, narrative: `Paygraph ${id}` };
}

function idsOf({ id, kind }: Collection | Payout) {
  return { kind, reference: id };
}

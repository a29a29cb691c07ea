import type { RefundFailureCode } from '../generated/prisma/enums.ts';
import type { Collection, Payment, Transfer } from '../payment/payment.ts';
import { backFromTransit, collectionRefundReserved, leftTransit, transferRefunded } from '../payment/posting.ts';
import type { Rides } from '../rails/ride.ts';
import type { RailTuning } from '../rails/tuning.ts';
import { type BackoffOptions, backoff } from '../worker/backoff.ts';
import { type BookAnswer, type Books, type Delivery, type Divertible, reservationGraceMs } from '../worker/books.ts';
import { unknown } from '../worker/stage.ts';
import { figuresOf, type Refund } from './refund.ts';
import type { RefundEnd, Refunds } from './store.ts';

export interface RefundWorkDependencies {
  readonly refunds: Refunds;
  readonly books: Books;
  readonly rides: Rides;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly backoff: BackoffOptions;
  readonly rails: Pick<RailTuning, 'parkMs'>;
  readonly moved: (payments: readonly Payment[]) => void;
}

interface Job<Kind extends Payment = Payment> {
  readonly refund: Refund;
  readonly payment: Kind;
}

/** What became of a refund: it has ended, waits for a rail, or nobody knows. */
type Result = RefundEnd | { readonly kind: 'waiting' } | typeof unknown;

/** How long what a refund reserves lasts: it is captured at once, or asked for again. */
const reservedForMs = 24 * 60 * 60_000 + reservationGraceMs;

/** Carries refunds on: those of transfers within the books, those of collections back over their rails. */
export function createRefundWork(dependencies: RefundWorkDependencies): () => Promise<boolean> {
  const { refunds, books, rides, batchSize, leaseMs, rails, moved } = dependencies;

  const finish = async (jobs: readonly Job[], results: readonly Result[]) => {
    const ends = results.filter(
      (result): result is RefundEnd => result.kind === 'succeeded' || result.kind === 'failed',
    );
    const postponements = jobs.flatMap(({ refund }, index) => {
      const result = results[index] ?? unknown;
      if (result.kind === 'waiting') return [{ refund, delayMs: rails.parkMs }];
      const delayMs = backoff(refund.attempts, dependencies.backoff, Math.random());
      return result.kind === 'unknown' ? [{ refund, delayMs }] : [];
    });
    const [steps] = await Promise.all([refunds.end(ends), refunds.postpone(postponements)]);
    moved(steps);
  };

  return async () => {
    const claimed = await refunds.claim(batchSize, leaseMs);
    const transfers = claimed.filter(isOfTransfer);
    const collections = claimed.filter(isOfCollection);
    await Promise.all([
      refundTransfers(books, transfers).then((results) => finish(transfers, results)),
      refundCollections(books, rides, collections).then((results) => finish(collections, results)),
    ]);
    return claimed.length > 0;
  };
}

async function refundTransfers(books: Books, jobs: readonly Job<Transfer>[]): Promise<Result[]> {
  const deliveries = jobs.map(({ refund, payment }): Divertible => {
    const figures = figuresOf(refund, payment);
    const posting = { id: refund.transactionId, kind: 'REFUND', reference: payment.id } as const;
    const entries = transferRefunded(payment, figures, false);
    return { posting: { ...posting, entries }, diverted: transferRefunded(payment, figures, true) };
  });
  const answers = await books.deliver(deliveries);
  return jobs.map((job, index) => resultOf(job, answers[index] ?? unknown));
}

function resultOf({ refund, payment }: Job<Transfer>, answer: Delivery): Result {
  switch (answer.kind) {
    case 'done':
      return { kind: 'succeeded', refund, suspended: null, carriedBy: null };
    case 'diverted': {
      const figures = figuresOf(refund, payment);
      return { kind: 'succeeded', refund, suspended: figures.payer + figures.fee, carriedBy: null };
    }
    // In the payer's place SUSPENSE takes everything: what is refused even so is refused for the payee's sake.
    case 'refused':
      return { kind: 'failed', refund, code: failureCodes[answer.why], suspended: null };
    case 'other-content':
    case 'unknown':
      return unknown;
  }
}

const failureCodes: Record<Extract<BookAnswer, { kind: 'refused' }>['why'], RefundFailureCode> = {
  INSUFFICIENT_FUNDS: 'INSUFFICIENT_FUNDS',
  WALLET: 'WALLET_UNAVAILABLE',
  CEILING: 'WALLET_UNAVAILABLE',
  INTERNAL: 'INTERNAL',
};

/** Out of the wallet into transit, and from there over the rail, just as a payout. */
async function refundCollections(books: Books, rides: Rides, jobs: readonly Job<Collection>[]): Promise<Result[]> {
  const reserved = await books.reserve(
    jobs.map(({ refund, payment }) => ({
      id: refund.reservationId,
      kind: 'REFUND',
      reference: payment.id,
      entries: collectionRefundReserved(payment, figuresOf(refund, payment)),
      expiresAt: new Date(refund.createdAt.getTime() + reservedForMs),
    })),
  );
  const held = jobs.filter((_, index) => reserved[index]?.kind === 'done');
  const captures = await books.capture(
    held.map(({ refund }) => ({ id: refund.transactionId, reservationId: refund.reservationId })),
  );
  const inTransit = held.filter((_, index) => captures[index]?.kind === 'done');
  const results = await ride(books, rides, inTransit);
  return jobs.map((job, index): Result => {
    const reservation = reserved[index] ?? unknown;
    if (reservation.kind === 'refused')
      return { kind: 'failed', refund: job.refund, code: failureCodes[reservation.why], suspended: null };
    const place = inTransit.indexOf(job);
    return (place < 0 ? undefined : results[place]) ?? unknown;
  });
}

async function ride(books: Books, rides: Rides, jobs: readonly Job<Collection>[]): Promise<Result[]> {
  const standings = await rides(
    jobs.map(({ refund, payment }) => ({
      subjectId: refund.id,
      // The counterparty is what makes a collection one that goes back over a rail: asked for before.
      ask: { direction: 'PAYOUT', amount: refund.amount, counterparty: counterpartyOf(payment) },
      narrative: `Refund of ${payment.id}`,
    })),
  );
  const deliveries: Divertible[] = jobs.flatMap(({ refund, payment }, index) => {
    const standing = standings[index];
    const posting = { id: refund.settlementId, kind: 'REFUND', reference: payment.id } as const;
    const into = collectionRefundReserved(payment, figuresOf(refund, payment));
    if (standing?.kind === 'arrived') {
      const entries = leftTransit(refund.amount, payment.rail, standing.attempt.rail);
      return [{ posting: { ...posting, entries }, diverted: entries }];
    }
    if (standing?.kind !== 'refused') return [];
    return [{ posting: { ...posting, entries: backFromTransit(into, false) }, diverted: backFromTransit(into, true) }];
  });
  const answers = [...(await books.deliver(deliveries))];
  return jobs.map(({ refund, payment }, index): Result => {
    const standing = standings[index];
    if (!standing || standing.kind === 'riding') return { kind: 'waiting' };
    const answer = answers.shift() ?? unknown;
    if (standing.kind === 'arrived')
      return answer.kind === 'done'
        ? { kind: 'succeeded', refund, suspended: null, carriedBy: standing.attempt.id }
        : unknown;
    if (answer.kind !== 'done' && answer.kind !== 'diverted') return unknown;
    const { payer, fee } = figuresOf(refund, payment);
    return { kind: 'failed', refund, code: standing.code, suspended: answer.kind === 'diverted' ? payer - fee : null };
  });
}

function counterpartyOf({ id, counterparty }: Collection) {
  if (!counterparty) throw new TypeError(`${id} came over no rail`);
  return counterparty;
}

function isOfTransfer(job: Job): job is Job<Transfer> {
  return job.payment.kind === 'TRANSFER';
}

function isOfCollection(job: Job): job is Job<Collection> {
  return job.payment.kind === 'COLLECTION';
}

import type { Logger } from '@paygraph/service';
import {
  CaptureDocument,
  type EntryInput,
  type LedgerErrorCode,
  PostTransactionsDocument,
  ReserveDocument,
  type ReserveMutation,
  VoidDocument,
} from '../generated/peers/ledger.ts';
import type { Entry } from '../payment/entry.ts';
import { answersTo, PeerContractError, type Peers, toWire } from '../peers/peers.ts';
import { type LedgerCommand, type Meaning, meaningOf } from './ledger-refusals.ts';
import { askAll, unknown } from './stage.ts';

/** What the ledger says of one item. */
export type BookAnswer =
  | { readonly kind: 'done' }
  /** Refused for good; `wallet` is the one that is not available, if that is why. */
  | {
      readonly kind: 'refused';
      readonly why: Exclude<Meaning, 'OPEN' | 'OTHER_CONTENT'>;
      readonly wallet: string | null;
    }
  /** The id stands for other entries in the books. */
  | { readonly kind: 'other-content' }
  | typeof unknown;

/** A transaction as the books are to hold it. */
export interface Posting {
  /** `txn_…`, or `res_…` of a reservation. */
  readonly id: string;
  readonly kind: 'TRANSFER' | 'COLLECTION' | 'PAYOUT' | 'REFUND' | 'ADJUSTMENT';
  /** What it belongs to: `pay_…`, `rfd_…` or `sus_…`. */
  readonly reference: string;
  readonly entries: readonly Entry[];
}

export interface Reserving extends Posting {
  readonly expiresAt: Date;
}

export interface Capturing {
  readonly id: string;
  readonly reservationId: string;
  /** All that is reserved if left out. */
  readonly entries?: readonly Entry[];
}

/** What is reserved and captured in one call. */
export interface Moving extends Reserving {
  /** `txn_…` of the capture. */
  readonly transactionId: string;
}

/** Somebody has closed the reservation, or it has run out: nothing has moved, and nothing ever will. */
export type Movement = BookAnswer | { readonly kind: 'closed' };

/** Whether a reservation can hold nothing any more, or what it held has moved. */
export type Closing = { readonly kind: 'closed' } | { readonly kind: 'moved' } | typeof unknown;

/** A posting to a wallet, and what is posted in its place, by the same id, if the wallet cannot take it. */
export interface Divertible {
  readonly posting: Posting;
  readonly diverted: readonly Entry[];
}

export type Delivery = BookAnswer | { readonly kind: 'diverted' };

/** The ledger's commands. Every call may be repeated: whoever asks keeps the ids. One answer each, in order. */
export interface Books {
  reserve(reservations: readonly Reserving[]): Promise<readonly BookAnswer[]>;
  capture(captures: readonly Capturing[]): Promise<readonly BookAnswer[]>;
  /** Reserves and captures all of it at once. */
  move(movings: readonly Moving[]): Promise<readonly Movement[]>;
  /** Closes reservations for good, also those that were never made. */
  close(reservationIds: readonly string[]): Promise<readonly Closing[]>;
  post(postings: readonly Posting[]): Promise<readonly BookAnswer[]>;
  /** Posts to wallets, and to SUSPENSE in the place of those that cannot take it: no money is turned away. */
  deliver(deliveries: readonly Divertible[]): Promise<readonly Delivery[]>;
}

/** How much longer a reservation lasts than its payment, in ms: posting-rules, "expiry of a reservation". */
export const reservationGraceMs = 15 * 60_000;

type LedgerResult = ReserveMutation['reserve'][number];

/** What the ledger says of a reservation that holds nothing any more. */
const closing = new Set<LedgerErrorCode>(['RESERVATION_VOIDED', 'RESERVATION_EXPIRED']);

export function createBooks({ ledger }: Pick<Peers, 'ledger'>, logger: Logger): Books {
  const answers = (
    command: LedgerCommand,
    items: readonly { readonly id: string }[],
    results: readonly LedgerResult[],
  ) => answersOf(command, items, results, logger);

  const books: Books = {
    reserve: (reservations) =>
      askAll(
        reservations,
        async (asked) => {
          const input = asked.map(wireReservation);
          return answers('reserve', asked, (await ledger.request(ReserveDocument, { reservations: input })).reserve);
        },
        logger,
      ),
    move: (movings) =>
      askAll(
        movings,
        async (asked) => {
          const reservations = asked.map((one) => ({ ...wireReservation(one), captureAs: one.transactionId }));
          const { reserve } = await ledger.request(ReserveDocument, { reservations });
          const answered = answers('reserve', asked, reserve);
          return reserve.map(({ code }, index) =>
            code !== null && closing.has(code) ? { kind: 'closed' } : (answered[index] ?? unknown),
          );
        },
        logger,
      ),
    close: async (reservationIds) =>
      askAll(
        reservationIds.map((id) => ({ id })),
        async (asked) => {
          const ids = asked.map(({ id }) => id);
          const results = answersTo(ids, (await ledger.request(VoidDocument, { reservationIds: ids })).void);
          return results.map(({ done, code, message }, index): Closing => {
            if (done || code === 'RESERVATION_EXPIRED') return { kind: 'closed' };
            if (code === 'RESERVATION_CAPTURED') return { kind: 'moved' };
            logger.error({ id: ids[index], code, reason: message }, 'the ledger did not close a reservation');
            return unknown;
          });
        },
        logger,
      ),
    capture: (captures) =>
      askAll(
        captures,
        async (asked) => {
          const input = asked.map(({ id, reservationId, entries }) => ({
            ...{ id, reservationId },
            ...(entries && { entries: entries.map(wireEntry) }),
          }));
          return answers('capture', asked, (await ledger.request(CaptureDocument, { captures: input })).capture);
        },
        logger,
      ),
    post: (postings) =>
      askAll(
        postings,
        async (asked) => {
          const input = { transactions: asked.map(wireOf) };
          return answers('post', asked, (await ledger.request(PostTransactionsDocument, input)).postTransactions);
        },
        logger,
      ),
    async deliver(deliveries) {
      const first = await books.post(deliveries.map(({ posting }) => posting));
      // Other content under this id can only be the diverted one: somebody came here before and did not live to say so.
      const isDiverted = first.map((answer) => isTurnedAway(answer) || answer.kind === 'other-content');
      const postings = deliveries
        .filter((_, index) => isDiverted[index])
        .map(({ posting, diverted }) => ({ ...posting, entries: diverted }));
      const second = [...(await books.post(postings))];
      return first.map((answer, index) => {
        if (!isDiverted[index]) return answer;
        const inPlace = second.shift() ?? unknown;
        return inPlace.kind === 'done' ? { kind: 'diverted' } : inPlace;
      });
    },
  };
  return books;
}

function isTurnedAway(answer: BookAnswer): boolean {
  return answer.kind === 'refused' && (answer.why === 'WALLET' || answer.why === 'CEILING');
}

function wireOf({ id, kind, reference, entries }: Posting) {
  return { id, kind, reference, entries: entries.map(wireEntry) };
}

function wireReservation(reservation: Reserving) {
  return { ...wireOf(reservation), expiresAt: reservation.expiresAt.toISOString() };
}

function wireEntry({ account, direction, amount }: Entry): EntryInput {
  return { account, direction, amount: toWire(amount) };
}

function answersOf(
  command: LedgerCommand,
  items: readonly { readonly id: string }[],
  results: readonly LedgerResult[],
  logger: Logger,
): BookAnswer[] {
  return answersTo(items, results).map(({ done, code, account, message }, index): BookAnswer => {
    if (done) return { kind: 'done' };
    if (code === null) throw new PeerContractError('the ledger refused without a reason');
    const meaning = meaningOf(command, code);
    if (meaning === 'OPEN' || meaning === 'INTERNAL') {
      const details = { id: items[index]?.id, command, code, account, reason: message };
      logger.error(details, 'the ledger refused what it should not');
    }
    if (meaning === 'OPEN') return unknown;
    return meaning === 'OTHER_CONTENT' ? { kind: 'other-content' } : { kind: 'refused', why: meaning, wallet: account };
  });
}

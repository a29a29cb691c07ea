import type { Logger } from '@paygraph/service';
import type { Database } from '../database.ts';
import { ExtendReservationsDocument, type LedgerErrorCode } from '../generated/peers/ledger.ts';
import { answersTo, type Peers } from '../peers/peers.ts';
import { reservationGraceMs } from './books.ts';

export interface ExtenderDependencies {
  readonly database: Database;
  readonly peers: Pick<Peers, 'ledger'>;
  readonly batchSize: number;
  /** How long before a reservation's end it is given more time, in ms. */
  readonly leadMs: number;
  readonly logger: Logger;
}

/** A payment that lives on past its own time, with funds that the ledger holds. */
interface Overdue {
  readonly id: string;
  readonly reservationId: string;
}

/** How much time from now on a reservation is given. */
const extendedByMs = 60 * 60_000;

/** What the ledger says of a reservation that has done its part: a capture whose answer was lost. */
const over: LedgerErrorCode = 'RESERVATION_CAPTURED';

/**
 * Gives reservations more time that would end under a payment which is being carried out, and so cannot expire any more, but
 * whose capture the ledger has not acknowledged. One that ended nevertheless, which only happens when the ledger could not be
 * reached for long, is an alarm: the payment will fail, and nothing moves.
 *
 * What goes over a rail has been captured before its first attempt, and needs no more time however slow the rail is.
 */
export function createExtender(dependencies: ExtenderDependencies): () => Promise<boolean> {
  const { peers, batchSize, logger } = dependencies;

  const extend = async (payments: readonly Overdue[]) => {
    const expiresAt = new Date(Date.now() + extendedByMs).toISOString();
    const reservations = payments.map(({ reservationId }) => ({ reservationId, expiresAt }));
    const answers = (await peers.ledger.request(ExtendReservationsDocument, { reservations })).extendReservations;
    for (const [index, { done, code, message }] of answersTo(payments, answers).entries()) {
      if (done || code === over) continue;
      logger.error({ payment: payments[index], code, reason: message }, 'a reservation ends under a live payment');
    }
  };
  return async () => {
    for (let after = ''; ; ) {
      const payments = await overdue(dependencies, after);
      if (payments.length > 0) await extend(payments);
      if (payments.length < batchSize) return after !== '' || payments.length > 0;
      after = payments.at(-1)?.id ?? after;
    }
  };
}

/** In the order of ids, after `after`. Relies on payment_state_id_idx. */
function overdue({ database, batchSize, leadMs }: ExtenderDependencies, after: string): Promise<Overdue[]> {
  const sinceMs = reservationGraceMs - leadMs;
  return database.$queryRaw<Overdue[]>`
    SELECT p.id, p.reservation_id AS "reservationId" FROM payment p
    WHERE p.state = 'PROCESSING' AND p.id > ${after} AND p.kind <> 'COLLECTION'
      AND p.expires_at < now() - ${Math.round(sinceMs)}::bigint * interval '1 millisecond'
      AND NOT EXISTS (SELECT FROM payment_attempt a WHERE a.payment_id = p.id)
    ORDER BY p.id
    LIMIT ${batchSize}`;
}

import { currencyOf } from '@paygraph/money';
import type { Logger } from '@paygraph/service';
import { type Database, milliseconds } from '../database.ts';
import { VoidDocument } from '../generated/peers/ledger.ts';
import { ReleaseLimitsDocument, UseLimitsDocument } from '../generated/peers/wallet.ts';
import type { CompensationAction } from '../generated/prisma/enums.ts';
import type { Payment } from '../payment/payment.ts';
import { answersTo, type Peers, toWire } from '../peers/peers.ts';
import { type BackoffOptions, backoff } from './backoff.ts';

/** A compensation that this worker has taken up. */
interface Owed {
  readonly paymentId: string;
  readonly action: CompensationAction;
  readonly reservationId: string;
  readonly kind: Payment['kind'];
  /** What left the payer's wallet, when only a part was captured: fees included, in minor units of `currency`. */
  readonly captured: bigint | null;
  readonly currency: string;
  /** This time included. */
  readonly attempts: number;
}

export interface CompensatorDependencies {
  readonly database: Database;
  readonly peers: Pick<Peers, 'ledger' | 'wallet'>;
  readonly batchSize: number;
  /** How long a compensation is this worker's before another one may take it up. */
  readonly leaseMs: number;
  readonly backoff: BackoffOptions;
  /** Books what rails have sent back, and says of each payment whether that is done. */
  readonly bookReturns: (paymentIds: readonly string[]) => Promise<readonly boolean[]>;
  readonly logger: Logger;
}

/** Asks a peer in one call for all, and says of each, in order, whether the peer has acknowledged it. */
type Act = (owed: readonly Owed[]) => Promise<readonly boolean[]>;

/**
 * Repeats compensations until their peers acknowledge them. A round takes up to `batchSize`, makes one call per action
 * for all, and says how many there were; those without acknowledgement come again after a growing pause.
 */
export function createCompensator(dependencies: CompensatorDependencies): () => Promise<number> {
  const { logger } = dependencies;
  const acts = actsOf(dependencies);

  const perform = async (action: CompensationAction, owed: readonly Owed[]) => {
    if (owed.length === 0) return;
    const acknowledged = await acts[action](owed).catch((error) => {
      logger.warn({ err: error, action, payments: owed.map(({ paymentId }) => paymentId) }, 'no acknowledgement');
      return owed.map(() => false);
    });
    await record(dependencies, owed, acknowledged);
  };
  return async () => {
    const claimed = await claim(dependencies);
    const of = (action: CompensationAction) => claimed.filter((owed) => owed.action === action);
    await Promise.all([
      perform('VOID_RESERVATION', of('VOID_RESERVATION')),
      perform('RELEASE_LIMITS', of('RELEASE_LIMITS')),
      perform('USE_LIMITS', of('USE_LIMITS')),
      perform('BOOK_RETURN', of('BOOK_RETURN')),
    ]);
    return claimed.length;
  };
}

function actsOf({ peers, bookReturns, logger }: CompensatorDependencies): Record<CompensationAction, Act> {
  const { ledger, wallet } = peers;
  /** Whether each answer acknowledges; one that does not is a fault that somebody must look at. */
  const judge = <Answer extends object>(
    owed: readonly Owed[],
    answers: readonly Answer[],
    acknowledges: (answer: Answer, owed: Owed) => boolean,
  ) => {
    const answered = answersTo(owed, answers);
    return owed.map((one, index) => {
      const answer = answered[index];
      const acknowledged = answer !== undefined && acknowledges(answer, one);
      if (!acknowledged) logger.error({ owed: one, answer }, 'a compensation was refused');
      return acknowledged;
    });
  };

  return {
    async VOID_RESERVATION(owed) {
      const reservationIds = owed.map(({ reservationId }) => reservationId);
      const answers = (await ledger.request(VoidDocument, { reservationIds })).void;
      // What ran out by itself holds nothing either, nor does a payout whose funds came back out of transit.
      return judge(owed, answers, ({ done, code }, { kind }) => {
        return done || code === 'RESERVATION_EXPIRED' || (kind === 'PAYOUT' && code === 'RESERVATION_CAPTURED');
      });
    },
    BOOK_RETURN: (owed) => bookReturns(owed.map(({ paymentId }) => paymentId)),
    async RELEASE_LIMITS(owed) {
      const paymentIds = owed.map(({ paymentId }) => paymentId);
      const answers = (await wallet.request(ReleaseLimitsDocument, { paymentIds })).releaseLimits;
      return judge(owed, answers, ({ status }) => status === 'RELEASED');
    },
    async USE_LIMITS(owed) {
      const paymentIds = owed.map(({ paymentId }) => paymentId);
      const captured = owed.flatMap(({ paymentId, captured: amount, currency }) =>
        amount === null ? [] : [{ paymentId, amount: toWire({ amount, currency: currencyOf(currency) }) }],
      );
      const answers = (await wallet.request(UseLimitsDocument, { paymentIds, captured })).useLimits;
      return judge(owed, answers, ({ status }) => status === 'USED');
    },
  };
}

/** Relies on payment_compensation_due_idx. */
function claim({ database, batchSize, leaseMs }: CompensatorDependencies): Promise<Owed[]> {
  return database.$queryRaw<Owed[]>`
    WITH due AS MATERIALIZED (
      SELECT payment_id, action FROM payment_compensation
      WHERE acknowledged_at IS NULL AND next_attempt_at <= now()
      ORDER BY next_attempt_at
      LIMIT ${batchSize}
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE payment_compensation c
    SET attempts = c.attempts + 1, next_attempt_at = clock_timestamp() + ${milliseconds(leaseMs)}
    FROM due JOIN payment p ON p.id = due.payment_id
    WHERE c.payment_id = due.payment_id AND c.action = due.action
    RETURNING c.payment_id AS "paymentId", c.action, p.reservation_id AS "reservationId", p.kind,
      p.captured_source + p.captured_fee AS captured, p.source_currency AS currency, c.attempts`;
}

/** An acknowledgement stays, also when a worker that was slower got none. */
async function record(
  { database, backoff: options }: CompensatorDependencies,
  owed: readonly Owed[],
  acknowledged: readonly boolean[],
): Promise<void> {
  await database.$executeRaw`
    UPDATE payment_compensation c
    SET acknowledged_at = COALESCE(c.acknowledged_at, CASE WHEN o.acknowledged THEN clock_timestamp() END),
      next_attempt_at = clock_timestamp() + o.pause * interval '1 millisecond'
    FROM unnest(
      ${owed.map(({ paymentId }) => paymentId)}::text[],
      ${owed.map(({ action }) => action)}::compensation_action[],
      ${[...acknowledged]}::boolean[],
      ${owed.map(({ attempts }) => backoff(attempts, options, Math.random()))}::int[]
    ) AS o (payment_id, action, acknowledged, pause)
    WHERE c.payment_id = o.payment_id AND c.action = o.action`;
}

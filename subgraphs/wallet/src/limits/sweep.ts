import type { Clock, Logger } from '@paygraph/service';
import type { Peer } from '@paygraph/subgraph';
import { type PaymentState, PaymentStatesDocument } from '../generated/peers/payment.ts';
import type { LimitHolds } from './holds.ts';

/** How old in ms a live hold is before anybody asks about it: payments settle theirs themselves, in seconds. */
const oldMs = 15 * 60_000;

/** Payments that one call asks about. */
const pageSize = 500;

/** What becomes of a hold whose payment stands there. */
const consequences: Record<PaymentState, 'use' | 'release' | 'keep'> = {
  INITIATED: 'keep',
  VALIDATING: 'keep',
  IN_REVIEW: 'keep',
  PENDING: 'keep',
  PROCESSING: 'keep',
  CONFIRMED: 'use',
  REFUNDED: 'use',
  FAILED: 'release',
  EXPIRED: 'release',
  CANCELLED: 'release',
};

/** What a sweep has settled. */
export interface Swept {
  readonly used: number;
  readonly released: number;
}

/**
 * Asks payment about live holds that are old, and settles those whose payments are over: a safety net, because payments
 * settle their own, and repeat that until it is acknowledged. So each one found here is logged as an error.
 *
 * @throws PeerError when payment does not answer: what was not settled stays
 */
export async function sweepHolds(dependencies: {
  readonly holds: LimitHolds;
  readonly payment: Peer;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Swept> {
  const { holds, payment, clock, logger } = dependencies;
  const before = new Date(clock().getTime() - oldMs);
  const swept = { used: 0, released: 0 };
  for (let after = ''; ; ) {
    const ids = await holds.liveSince(before, after, pageSize);
    if (ids.length === 0) return swept;
    after = ids.at(-1) ?? after;
    const { paymentStates } = await payment.request(PaymentStatesDocument, { ids });
    const due = (what: 'use' | 'release') =>
      ids.filter((_, index) => consequenceOf(paymentStates[index]?.state) === what);
    const [used, released] = [due('use'), due('release')];
    if (used.length + released.length > 0) logger.error({ used, released }, 'payments had left their limits held');
    if (used.length > 0) await holds.use(used, clock());
    if (released.length > 0) await holds.release(released, clock());
    swept.used += used.length;
    swept.released += released.length;
  }
}

/** A hold of a payment that does not exist is nobody's. */
function consequenceOf(state: PaymentState | undefined): 'use' | 'release' | 'keep' {
  return state === undefined ? 'release' : consequences[state];
}

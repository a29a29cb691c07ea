import type { Logger } from '@paygraph/service';
import { PeerError } from '@paygraph/subgraph';
import type { FailureCode } from '../payment/failure.ts';
import type { PaymentReason, PaymentState } from '../payment/lifecycle.ts';
import type { Diversion, Passage } from '../payment/move.ts';
import type { Payment } from '../payment/payment.ts';

interface Taken {
  readonly kind: 'step';
  readonly reason: PaymentReason;
  readonly through?: readonly Passage[];
  readonly actor?: string;
  readonly carriedBy?: string;
  readonly diversion?: Diversion;
}

export interface Failure extends Taken {
  readonly to: 'FAILED';
  readonly failureCode: FailureCode;
  /** Whether the books are known to have closed the payment's reservation. */
  readonly isClosed?: boolean;
}

/** What becomes of a payment once a stage has seen it. */
export type Outcome =
  | (Taken & { readonly to: Exclude<PaymentState, 'FAILED'> })
  | Failure
  /** Nobody knows: a peer did not answer. Asked again after a growing pause. */
  | { readonly kind: 'unknown' }
  /** Known to be undecided: an analyst has the word. Asked again, less and less often. */
  | { readonly kind: 'undecided' }
  /** Somebody else has it in hand and will say when that changes; looked at now and then all the same. */
  | { readonly kind: 'waiting' };

/** Takes payments of one lane as far as one state allows, with one call per peer for all. One outcome each, in order. */
export type Stage = (payments: readonly Payment[]) => Promise<readonly Outcome[]>;

export const unknown = { kind: 'unknown' } as const;

export function failed(failureCode: FailureCode, reason: PaymentReason = failureCode): Failure {
  return { kind: 'step', to: 'FAILED', reason, failureCode };
}

/**
 * Asks a peer about all items in one call, one answer each. No answer to anything if the call fails: the outcome is unknown
 * then, and the same question will be asked again. One item that the peer cannot even read is found by halving, so that it
 * holds up no other.
 */
export async function askAll<Item extends { readonly id: string }, Answer>(
  items: readonly Item[],
  ask: (items: readonly Item[]) => Promise<readonly Answer[]>,
  logger: Logger,
): Promise<readonly (Answer | typeof unknown)[]> {
  if (items.length === 0) return [];
  try {
    return await ask(items);
  } catch (error) {
    if (items.length > 1 && isUnreadable(error)) {
      const middle = items.length >> 1;
      const halves = [items.slice(0, middle), items.slice(middle)];
      return (await Promise.all(halves.map((half) => askAll(half, ask, logger)))).flat();
    }
    const retryable = error instanceof PeerError && error.retryable;
    logger[retryable ? 'warn' : 'error']({ err: error, items: items.map(({ id }) => id) }, 'no answer from a peer');
    return items.map(() => unknown);
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof PeerError && error.code === 'BAD_USER_INPUT';
}

import type { CircuitState } from './breaker.ts';

/** Is told how the calls of one subgraph go. */
export interface CallObserver {
  /** A try failed, and was followed by another one, or not, as the budget was used up. */
  retried(outcome: 'sent' | 'withheld'): void;
  /** Entities were late; a second request for them was the first or not the first to bring them, or the budget was used up. */
  hedged(outcome: 'won' | 'lost' | 'withheld'): void;
  /** A call was turned away unsent: the circuit is open, or too many wait, or its turn did not come in time. */
  refused(reason: 'circuit' | 'queue'): void;
  /** A call got the answer to the request of another one. */
  shared(): void;
}

/** How things stand between the gateway and a subgraph. */
export interface Standing {
  readonly circuit: CircuitState;
  /** Requests under way, and calls that wait for their turn. */
  readonly underWay: number;
  readonly waiting: number;
}

const ignore = (): void => undefined;

/** Tells nobody. */
export const unobserved: CallObserver = { retried: ignore, hedged: ignore, refused: ignore, shared: ignore };

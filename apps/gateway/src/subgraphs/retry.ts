/** Part of the calls that may be made up for by further requests, and how many of those may come at once. */
const SHARE = 0.1;
const BURST = 20;

/**
 * What further requests to a subgraph, retries and hedges, are paid from: in the long run one for every ten calls, so that they
 * cannot multiply the load of a subgraph that is failing under it.
 */
export class RetryBudget {
  #left = BURST;

  /** A call has begun. */
  earn(): void {
    if (this.#left < BURST) this.#left = Math.min(BURST, this.#left + SHARE);
  }

  /** Whether there is enough for one more request, which is paid then. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** Longest wait in ms before the first retry; it doubles with each, up to a bound. */
const FIRST = 50;
const LONGEST = 1_000;

/** Time in ms to wait before a retry, the first of which is 1: anything up to its longest wait, so that callers spread out. */
export function backoffMs(retry: number, random: () => number = Math.random): number {
  return random() * Math.min(FIRST * 2 ** (retry - 1), LONGEST);
}

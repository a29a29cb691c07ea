/** How the gateway calls one subgraph. `docs/resilience.md` says what for. */
export interface CallSettings {
  /** Longest time in ms from a call to the last byte of its answer, with its turn, all of its tries and what lies between. */
  readonly timeoutMs: number;
  /** Tries after the first one, at most. */
  readonly retries: number;
  /** Requests that are under way at once. */
  readonly concurrency: number;
  /** Calls that may wait for their turn. */
  readonly queue: number;
  /** Time in ms after which entities that have not come are asked for once more; they are not if left out. */
  readonly hedgeAfterMs?: number | undefined;
  readonly circuit: CircuitSettings;
}

export interface CircuitSettings {
  /** Time in ms that faults are remembered. */
  readonly windowMs: number;
  /** Tries in that time from which their faults say something. */
  readonly minimum: number;
  /** Part of them that has to fail, 0 to 1. */
  readonly share: number;
  /** Time in ms from when it opens to the next try. */
  readonly pauseMs: number;
}

export const defaultCalls: CallSettings = {
  timeoutMs: 10_000,
  retries: 2,
  concurrency: 128,
  queue: 10_000,
  circuit: { windowMs: 10_000, minimum: 20, share: 0.5, pauseMs: 1_000 },
};

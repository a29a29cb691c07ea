export interface BackoffOptions {
  /** The first pause, in ms; each further one may be twice as long. */
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * The pause in ms before the next try after `attempts` without success: exponential and capped, with full jitter, so
 * that what failed together does not come back together.
 * @param random 0 ≤ random < 1
 */
export function backoff(attempts: number, { baseMs, capMs }: BackoffOptions, random: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempts, 30));
  return Math.ceil(ceiling * random);
}

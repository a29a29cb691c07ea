import { vi } from 'vitest';

/** Waits until what is asserted holds: for conditions that come by themselves, on a machine as slow as it may be. */
export function until<T>(assertion: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertion, { timeout: 15_000, interval: 10 });
}

import { setTimeout as pause } from 'node:timers/promises';

/** Waits until something is there; long enough for a busy machine. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`);
    await pause(10);
  }
}

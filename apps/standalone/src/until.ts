import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `holds` answers true, looking every so often. @throws when it does not within `withinMs`, or throws itself. */
export async function until(
  what: string,
  withinMs: number,
  holds: () => Promise<boolean>,
  everyMs = 50,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s in vain until ${what}`);
    await delay(everyMs);
  }
}

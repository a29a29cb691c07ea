/** Who waits for a turn. Neither is called twice, nor one after the other. */
export interface Waiter {
  granted(): void;
  /** There will be no turn. */
  dismissed(): void;
}

/** So many at a time, and so many who wait; the first who waits is the next. */
export class Turns {
  readonly #limit: number;
  readonly #room: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  #taken = 0;
  #isPassing = false;

  constructor(limit: number, room: number) {
    this.#limit = limit;
    this.#room = room;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether there was a turn to be had at once, which is taken then. */
  take(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a turn; false when too many do. */
  wait(waiter: Waiter): boolean {
    if (this.#waiting.size >= this.#room) return false;
    this.#waiting.add(waiter);
    return true;
  }

  /** Waits no more. Returns whether it did. */
  leave(waiter: Waiter): boolean {
    return this.#waiting.delete(waiter);
  }

  /** Gives a turn back. Who gets it may give it back at once: thousands of those in a row need no deep stack. */
  give(): void {
    this.#taken -= 1;
    if (this.#isPassing) return;
    this.#isPassing = true;
    for (const next of this.#waiting) {
      if (!this.take()) break;
      this.#waiting.delete(next);
      next.granted();
    }
    this.#isPassing = false;
  }

  /** Sends away all who wait. */
  dismiss(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of all) waiter.dismissed();
  }
}

/** What somebody has spent since a window of time began. */
interface Window {
  spent: number;
  readonly endsAt: number;
}

/** What has come of trying to spend something. */
export interface Spent {
  readonly isRefused: boolean;
  /** What may still be spent; nothing when it was refused. */
  readonly remaining: number;
  /** Until all of it may be spent again. */
  readonly resetMs: number;
}

/** Counts what each key spends in windows of one length, of which each begins with the first that is spent in it. */
export class Counters {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  /** In the order in which they end. */
  readonly #windows = new Map<string, Window>();

  /** @param now ms by a clock that nobody sets */
  constructor(limit: number, windowMs: number, now = () => performance.now()) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Of how many keys something is known. */
  get size(): number {
    return this.#windows.size;
  }

  /** Spends so many points; `otherwise`, when that would be too much. */
  spend(key: string, points: number, otherwise = 1): Spent {
    const now = this.#now();
    const window = this.#windowOf(key, now);
    const isRefused = window.spent + points > this.#limit;
    window.spent += isRefused ? otherwise : points;
    return { isRefused, remaining: isRefused ? 0 : this.#limit - window.spent, resetMs: window.endsAt - now };
  }

  #windowOf(key: string, now: number): Window {
    const running = this.#windows.get(key);
    if (running && running.endsAt > now) return running;
    for (const [over, { endsAt }] of this.#windows) {
      if (endsAt > now) break;
      this.#windows.delete(over);
    }
    const window = { spent: 0, endsAt: now + this.#windowMs };
    this.#windows.set(key, window);
    return window;
  }
}

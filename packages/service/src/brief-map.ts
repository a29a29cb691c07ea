/** So many entries may go before the rest move on. */
const MOST_GONE = 64;

/**
 * A map whose entries come and go all the time, as those of requests under way.
 *
 * V8's own Map makes itself a new table whenever the old one is used up, and the old table knows the new one. Once a table has
 * grown old, a collection of what is young no longer asks whether it is still in use: it keeps all tables that came after it,
 * with what was in them, until a full collection. So this map moves to another one again and again, which no old table knows.
 */
export class BriefMap<Key, Value> {
  #entries = new Map<Key, Value>();
  #gone = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.set(key, value);
  }

  /** Whether there was one. */
  delete(key: Key): boolean {
    if (!this.#entries.delete(key)) return false;
    this.#gone += 1;
    if (this.#gone < MOST_GONE) return true;
    this.#gone = 0;
    this.#entries = new Map(this.#entries);
    return true;
  }
}

/** A map by text that forgets. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  /** What it holds, from what was used longest ago to what was used last. */
  values(): Iterable<Value>;
}

/**
 * A map whose keys have at most `limit` characters in all: beyond that, the keys used longest ago go with their values.
 * Clients choose how long an operation is, and what is remembered of one grows with its text.
 */
export function createLru<Value>(limit: number): Lru<Value> {
  const entries = new Map<string, Value>();
  let size = 0;

  const remove = (key: string): void => {
    if (entries.delete(key)) size -= key.length;
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      entries.set(key, value);
      size += key.length;
      for (const oldest of entries.keys()) {
        if (size <= limit) return;
        remove(oldest);
      }
    },
    values: () => entries.values(),
  };
}

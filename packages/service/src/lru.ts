/** A map by text that forgets. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  /** What it holds, from what was used longest ago to what was used last. */
  values(): Iterable<Value>;
}

/**
 * A map of what has at most `limit` in all by `sizeOf`, which is a key's characters if left out: beyond that, what was used longest
 * ago goes. Clients choose how long an operation is, and what is remembered of one grows with its text.
 */
export function createLru<Value>(
  limit: number,
  sizeOf: (key: string, value: Value) => number = (key) => key.length,
): Lru<Value> {
  const entries = new Map<string, Value>();
  let size = 0;

  const remove = (key: string): void => {
    const value = entries.get(key);
    if (value === undefined) return;
    entries.delete(key);
    size -= sizeOf(key, value);
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
      size += sizeOf(key, value);
      for (const oldest of entries.keys()) {
        if (size <= limit) return;
        remove(oldest);
      }
    },
    values: () => entries.values(),
  };
}

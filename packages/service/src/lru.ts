/** A map by text that forgets. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  /** Whether it holds something; that is no use of it. */
  has(key: string): boolean;
  set(key: string, value: Value): void;
  /** What it holds, from what was used longest ago to what was used last. */
  values(): Iterable<Value>;
}

export interface LruOptions<Value> {
  /** Size of all that it holds. */
  readonly limit: number;
  /** Size of what it holds at most; a quarter of the limit if left out. */
  readonly largest?: number;
  /** A key's characters if left out. */
  readonly sizeOf?: (key: string, value: Value) => number;
}

/**
 * A map of limited size: beyond it, what was used longest ago goes. What is too large alone is not held, since much that is used
 * would go for it. Clients choose how long an operation is, and what is remembered of one grows with its text.
 */
export function createLru<Value>(options: LruOptions<Value>): Lru<Value> {
  const { limit, largest = limit / 4, sizeOf = (key) => key.length } = options;
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
      const added = sizeOf(key, value);
      if (added > largest) return;
      entries.set(key, value);
      size += added;
      for (const oldest of entries.keys()) {
        if (size <= limit) return;
        remove(oldest);
      }
    },
    has: (key) => entries.has(key),
    values: () => entries.values(),
  };
}

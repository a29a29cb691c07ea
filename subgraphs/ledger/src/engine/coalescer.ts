interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface CoalescerOptions<Item, Result> {
  /** Decides a batch: one result per item, in its order. */
  readonly run: (batch: readonly Item[]) => Promise<readonly Result[]>;
  /** What may not stand twice in one batch. */
  readonly keysOf: (item: Item) => readonly string[];
  /** Whether an error may be the fault of one item alone, and nothing of the batch was done. No error unless told. */
  readonly isPoisoned?: (error: unknown) => boolean;
  /** How much of a batch and of the queue an item takes, 1 unless told. */
  readonly sizeOf?: (item: Item) => number;
  /** Items larger than that go alone. */
  readonly maxBatch?: number;
  /** How many items may wait for the batch in flight. */
  readonly maxQueue?: number;
  readonly observer?: BatchObserver | undefined;
}

/** What watches batches as they go. */
export interface BatchObserver {
  /** How many items wait now. */
  queued(items: number): void;
  /** A batch of so many items was decided, or failed, in so many seconds. */
  ran(items: number, seconds: number): void;
  /** Items were turned away. */
  overloaded(): void;
}

/** More is waiting than may. Nothing was done with the items: they may be sent again in a moment. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';

  constructor() {
    super('The ledger has too much to do');
  }
}

/**
 * Group commit: when nothing is in flight, items are sent at once with all others of their turn of the event loop; what
 * arrives meanwhile, from whomever, goes together in the next batch. Order is kept, and a batch ends before an item that
 * shares a key with one in it. No timer: a lone item waits for nobody.
 *
 * What a batch throws is thrown at everyone in it; but one that may have been poisoned is cut in halves, until only those
 * are left whose fault it is.
 */
export function createCoalescer<Item, Result>(options: CoalescerOptions<Item, Result>) {
  const { keysOf, sizeOf = () => 1, maxBatch = 256, maxQueue = 8_192, observer } = options;
  let queue: Waiting<Item, Result>[] = [];
  let queued = 0;
  let inFlight = false;

  const takeBatch = () => {
    const keys = new Set<string>();
    let size = 0;
    const stop = queue.findIndex(({ item }, index) => {
      const own = keysOf(item);
      const grown = size + sizeOf(item);
      if (index > 0 && (grown > maxBatch || own.some((key) => keys.has(key)))) return true;
      for (const key of own) keys.add(key);
      size = grown;
      return false;
    });
    queued -= size;
    observer?.queued(queued);
    const batch = stop === -1 ? queue : queue.slice(0, stop);
    queue = stop === -1 ? [] : queue.slice(stop);
    return batch;
  };

  /** What arrives in the same turn of the event loop goes together. */
  const start = () => {
    inFlight = true;
    setImmediate(() => void drain());
  };

  const drain = async () => {
    while (queue.length > 0) await settle(takeBatch(), options);
    inFlight = false;
  };

  /** One result per item, in the order given. @throws OverloadedError at once, and then none of the items is done. */
  return async (items: readonly Item[]): Promise<Result[]> => {
    const size = items.reduce((sum, item) => sum + sizeOf(item), 0);
    if (queued + size > maxQueue) {
      observer?.overloaded();
      throw new OverloadedError();
    }
    queued += size;
    observer?.queued(queued);
    const results = items.map(
      (item) => new Promise<Result>((resolve, reject) => queue.push({ item, resolve, reject })),
    );
    if (!inFlight) start();
    return Promise.all(results);
  };
}

async function settle<Item, Result>(
  batch: readonly Waiting<Item, Result>[],
  options: CoalescerOptions<Item, Result>,
): Promise<void> {
  try {
    const results = await observed(
      batch.map(({ item }) => item),
      options,
    );
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = results[index];
      if (result === undefined) reject(new Error('The batch left an item without a result'));
      else resolve(result);
    }
  } catch (error) {
    if (batch.length > 1 && options.isPoisoned?.(error)) {
      const middle = Math.ceil(batch.length / 2);
      await settle(batch.slice(0, middle), options);
      await settle(batch.slice(middle), options);
      return;
    }
    for (const { reject } of batch) reject(error);
  }
}

async function observed<Item, Result>(
  items: readonly Item[],
  { run, observer, sizeOf = () => 1 }: CoalescerOptions<Item, Result>,
): Promise<readonly Result[]> {
  if (!observer) return run(items);
  const start = performance.now();
  try {
    return await run(items);
  } finally {
    const size = items.reduce((sum, item) => sum + sizeOf(item), 0);
    observer.ran(size, (performance.now() - start) / 1_000);
  }
}

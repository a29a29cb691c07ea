/** What a follower is given: the next item, or that it was too slow and is to come again after the last one it got. */
export type Followed<Item> =
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'resume'; readonly after: number };

export interface FollowOptions<Item> {
  /** The number of the last item already seen; 0 for none. */
  readonly after: number;
  /** Whether that item was the last there can be. */
  readonly ended?: boolean;
  /** Reads up to `limit` items after that number, in order. */
  readonly read: (after: number, limit: number) => Promise<readonly Item[]>;
  /** Items are numbered 1, 2, 3 …: without gaps, unless `sparse`. */
  readonly numberOf: (item: Item) => number;
  /** Not all numbers are this consumer's: what waits for it while it is slow is counted by reading it. */
  readonly sparse?: boolean;
  /** Whether a read that finds fewer items than it may has found all there were: it then needs no second look. */
  readonly readsAll?: boolean;
  /** Whether nothing can come after the item; never unless told. */
  readonly isLast?: (item: Item) => boolean;
  /** Stops the hints. */
  readonly stop: () => void;
  /** Time in ms after which the table is read even without a hint. */
  readonly rereadMs: number;
  /** How many live items may wait for a slow consumer. */
  readonly buffer?: number;
}

export interface Follower<Item> extends AsyncIterableIterator<Followed<Item>> {
  next(): Promise<IteratorResult<Followed<Item>, undefined>>;
  return(): Promise<IteratorResult<Followed<Item>, undefined>>;
  /** There is an item with this number. */
  hint(number: number): void;
}

/**
 * Follows a table that only grows: exactly after + 1, + 2, … and an end after the last item, if there is one. The table is
 * read when the consumer asks and there may be news (a hint, or `rereadMs` gone by), so that a lost, doubled or late hint
 * changes nothing; and past items wait in the table for as long as the consumer likes. Of live ones at most `buffer` wait:
 * then comes `resume` in their place, and the end.
 *
 * Written by hand, because an async generator would not notice `return()` before its next step.
 */
export function follow<Item>(options: FollowOptions<Item>): Follower<Item> {
  const { read, numberOf, isLast = () => false, stop, rereadMs, buffer = 64 } = options;
  const { sparse = false, readsAll = false } = options;
  const done = { done: true, value: undefined } as const;
  let sent = options.after;
  let ended = options.ended ?? false;
  let waiting: Item[] = [];
  /** Everything past has been sent: from here on items are live. */
  let live = false;
  let asking = false;
  let tooSlow = false;
  let hinted = false;
  /** The last read found all there was: without a hint since it began there is nothing more. */
  let exhausted = false;
  let wake: (() => void) | undefined;
  /** Reading ahead for a consumer that does not ask. */
  let gathering: Promise<void> | undefined;

  const end = () => {
    ended = true;
    waiting = [];
    wake?.();
    stop();
    return done;
  };
  const news = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => wake?.(), rereadMs);
      wake = () => {
        wake = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  const nextItem = async (): Promise<Item | undefined> => {
    while (!ended) {
      const item = waiting.shift();
      if (item) return item;
      if (gathering) {
        await gathering;
        continue;
      }
      if (exhausted && !hinted) {
        live = true;
        await news();
        exhausted = false;
        continue;
      }
      hinted = false;
      const items = await read(sent, buffer);
      if (ended) break;
      waiting = [...items];
      exhausted = items.length === 0 || (readsAll && items.length < buffer);
    }
    return undefined;
  };
  /** Reads ahead while the consumer does not ask, until one more waits than may. */
  const gather = async () => {
    try {
      while (hinted && !asking && !ended && waiting.length <= buffer) {
        hinted = false;
        const last = waiting.at(-1);
        waiting.push(...(await read(last === undefined ? sent : numberOf(last), buffer + 1 - waiting.length)));
      }
      if (waiting.length > buffer) tooSlow = true;
    } catch {
      // The consumer meets the same error when it asks.
      exhausted = false;
    } finally {
      gathering = undefined;
    }
  };
  const advance = async (): Promise<IteratorResult<Followed<Item>, undefined>> => {
    if (tooSlow && !ended) {
      end();
      return { done: false, value: { kind: 'resume', after: sent } };
    }
    const item = await nextItem();
    if (!item) return end();
    sent = numberOf(item);
    if (isLast(item)) end();
    return { done: false, value: { kind: 'item', item } };
  };

  return {
    async next() {
      asking = true;
      try {
        return await advance();
      } catch (error) {
        end();
        throw error;
      } finally {
        asking = false;
      }
    },
    return: async () => end(),
    hint(number) {
      hinted = true;
      if (live && !asking) {
        if (sparse) gathering ??= gather();
        else if (number - sent > buffer) tooSlow = true;
      }
      wake?.();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

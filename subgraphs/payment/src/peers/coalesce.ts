import { AsyncLocalStorage } from 'node:async_hooks';
import { atMost } from '../patience.ts';
import { answersTo } from './peers.ts';

interface Question<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Runs something as on behalf of who asked. */
  readonly onBehalf: ReturnType<typeof AsyncLocalStorage.snapshot>;
}

/** Time in ms after which a call that is not answered holds up the next one no longer. */
const patienceMs = 1_000;

/**
 * Turns a call that takes a list into one that takes an item, with one call under way at a time, unless it takes long: what is
 * asked in the same tick, or while a call is under way, goes together in the next one. So a lone request waits for nobody, and
 * many at once make few calls. Nothing is remembered. A call is made on behalf of who asked first of those in it.
 * @param ask answers a list, one answer per item in its order
 * @param most items in one call; with 1 every item has a call of its own, and none waits for another
 * @param gather resolves when a call may begin that is not full: what is asked until then goes along
 */
export function coalesce<Item, Answer>(
  ask: (items: readonly Item[]) => Promise<readonly Answer[]>,
  most: number,
  gather: () => Promise<void> = sameTick,
): (item: Item) => Promise<Answer> {
  let queue: Question<Item, Answer>[] = [];
  let busy = false;

  const answer = async (batch: readonly Question<Item, Answer>[]) => {
    try {
      const asked = batch[0]?.onBehalf(() => ask(batch.map(({ item }) => item)));
      const answers = answersTo(batch, (await asked) ?? []);
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const drain = async () => {
    busy = true;
    while (queue.length > 0) {
      if (queue.length < most) await gather();
      const batch = queue.slice(0, most);
      queue = queue.slice(most);
      await atMost(patienceMs, answer(batch));
    }
    busy = false;
  };

  if (most === 1)
    return async (item) => {
      const [answer] = answersTo([item], await ask([item]));
      return answer as Answer;
    };
  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject, onBehalf: AsyncLocalStorage.snapshot() });
      if (!busy) void drain();
    });
}

/** Lets come along whatever else is asked in this tick. */
async function sameTick(): Promise<void> {}

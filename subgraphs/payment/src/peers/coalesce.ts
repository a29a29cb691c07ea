import { answersTo } from './peers.ts';

interface Question<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns a call that takes a list into one that takes an item, with one call under way at a time: what is asked in the same
 * tick, or while a call is under way, goes together in the next one. So a lone request waits for nobody, and many at
 * once make few calls. Nothing is remembered.
 * @param ask answers a list, one answer per item in its order
 * @param most items in one call; with 1 every item has a call of its own, and none waits for another
 * @param gather resolves when a call may begin: what is asked until then goes along
 */
export function coalesce<Item, Answer>(
  ask: (items: readonly Item[]) => Promise<readonly Answer[]>,
  most: number,
  gather: () => Promise<void> = sameTick,
): (item: Item) => Promise<Answer> {
  let queue: Question<Item, Answer>[] = [];
  let busy = false;

  const answerNext = async () => {
    await gather();
    const batch = queue.slice(0, most);
    queue = queue.slice(most);
    try {
      const answers = answersTo(batch, await ask(batch.map(({ item }) => item)));
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const drain = async () => {
    busy = true;
    while (queue.length > 0) await answerNext();
    busy = false;
  };

  if (most === 1)
    return async (item) => {
      const [answer] = answersTo([item], await ask([item]));
      return answer as Answer;
    };
  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (!busy) void drain();
    });
}

/** Lets come along whatever else is asked in this tick. */
async function sameTick(): Promise<void> {}

import { type Outcome, outcomeOf, type Refusal } from './commands.ts';

/** An item that may be decided, or that was refused already. */
export type Prepared<Item> =
  | { readonly kind: 'sound'; readonly item: Item }
  | { readonly kind: 'refused'; readonly id: string; readonly refusal: Refusal };

/** Has the sound items decided, all at once, and answers for every item in its place. */
export async function decideEach<Item>(
  prepared: readonly Prepared<Item>[],
  decide: (items: readonly Item[]) => Promise<readonly Outcome[]>,
): Promise<Outcome[]> {
  const items = prepared.flatMap((each) => (each.kind === 'sound' ? [each.item] : []));
  const decided = items.length > 0 ? await decide(items) : [];
  let next = 0;
  return prepared.map((each) => {
    if (each.kind === 'refused') return outcomeOf(each.id, each.refusal);
    const outcome = decided[next++];
    if (!outcome) throw new Error('An item was left without an outcome');
    return outcome;
  });
}

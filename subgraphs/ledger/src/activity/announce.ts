import type { Outcome } from '../engine/commands.ts';
import type { LedgerEngine } from '../engine/engine.ts';

/** The engine, which says when something was posted. A repeat says so too: nobody minds. */
export function announcing(engine: LedgerEngine, posted: () => void): LedgerEngine {
  const announced =
    <Item>(command: (items: readonly Item[]) => Promise<Outcome[]>) =>
    async (items: readonly Item[]): Promise<Outcome[]> => {
      const outcomes = await command(items);
      if (outcomes.some(({ done }) => done)) posted();
      return outcomes;
    };
  const { post, reverse, capture, reserve } = engine;
  const reserveAnnounced = announced(reserve);
  return {
    ...engine,
    post: announced(post),
    reverse: announced(reverse),
    capture: announced(capture),
    reserve: (items) => (items.some(({ captureAs }) => captureAs !== undefined) ? reserveAnnounced : reserve)(items),
  };
}

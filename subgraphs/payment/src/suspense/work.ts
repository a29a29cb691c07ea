import { intoSuspense, leftTransit, mirroredReturn, releasedToWallet, sentBack } from '../payment/posting.ts';
import type { Ride, Rides } from '../rails/ride.ts';
import type { RailTuning } from '../rails/tuning.ts';
import { type BackoffOptions, backoff } from '../worker/backoff.ts';
import type { BookAnswer, Books, Posting } from '../worker/books.ts';
import { unknown } from '../worker/stage.ts';
import type { SuspenseItem } from './item.ts';
import type { ItemStep, SuspenseItems } from './store.ts';

export interface SuspenseWorkDependencies {
  readonly items: SuspenseItems;
  readonly books: Books;
  readonly rides: Rides;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly backoff: BackoffOptions;
  readonly rails: Pick<RailTuning, 'parkMs'>;
}

type Result = Omit<ItemStep, 'item'> | 'waiting' | 'unknown';

/** Brings into the books what came late or unasked, and carries out what operators decide about it. */
export function createSuspenseWork(dependencies: SuspenseWorkDependencies): () => Promise<boolean> {
  const { items, batchSize, leaseMs, rails } = dependencies;
  const work: Record<'INCOMING' | 'RELEASING' | 'RETURNING', (those: SuspenseItem[]) => Promise<Result[]>> = {
    INCOMING: (those) => takeIn(dependencies, those),
    RELEASING: (those) => release(dependencies, those),
    RETURNING: (those) => giveBack(dependencies, those),
  };

  const carry = async (those: SuspenseItem[], results: readonly Result[]) => {
    const steps: ItemStep[] = [];
    const postponements: { item: SuspenseItem; delayMs: number }[] = [];
    for (const [index, item] of those.entries()) {
      const result = results[index] ?? 'unknown';
      if (result === 'waiting') postponements.push({ item, delayMs: rails.parkMs });
      else if (result === 'unknown')
        postponements.push({ item, delayMs: backoff(item.attempts, dependencies.backoff, Math.random()) });
      else steps.push({ item, ...result });
    }
    await Promise.all([items.step(steps), items.postpone(postponements)]);
  };

  return async () => {
    const gathered = await items.gather(batchSize);
    const claimed = await items.claim(batchSize, leaseMs);
    const inState = (state: SuspenseItem['state']) => claimed.filter((item) => item.state === state);
    await Promise.all(
      (['INCOMING', 'RELEASING', 'RETURNING'] as const).map(async (state) => {
        const those = inState(state);
        if (those.length > 0) await carry(those, await work[state](those));
      }),
    );
    return gathered > 0 || claimed.length > 0;
  };
}

/** D RAIL_CLEARING · C SUSPENSE. */
async function takeIn({ books }: SuspenseWorkDependencies, those: SuspenseItem[]): Promise<Result[]> {
  const postings = those.map((item) => postingOf(item, item.transactionId, intoSuspense(railOf(item), item.amount)));
  const answers = await books.post(postings);
  return answers.map(({ kind }) => (kind === 'done' ? { to: 'OPEN', carriedBy: null } : 'unknown'));
}

/** Into the wallet that an operator chose; if it cannot take it, the item is open again. */
async function release({ books }: SuspenseWorkDependencies, those: SuspenseItem[]): Promise<Result[]> {
  const postings = those.flatMap((item) => {
    const { walletId, releaseId, amount, fee } = item;
    if (walletId === null || releaseId === null) throw new RangeError(`${item.id} is released to nobody`);
    return [postingOf(item, releaseId, releasedToWallet(amount, fee, walletId))];
  });
  return (await books.post(postings)).map((answer) => {
    if (answer.kind === 'done') return { to: 'RELEASED', carriedBy: null };
    return answer.kind === 'refused' ? { to: 'OPEN', carriedBy: null } : 'unknown';
  });
}

/** Into transit, and from there over a rail; if none can take it, the money is in SUSPENSE again, as another item. */
async function giveBack({ books, rides }: SuspenseWorkDependencies, those: SuspenseItem[]): Promise<Result[]> {
  const sent = await books.post(
    those.map((item) => postingOf(item, idOf(item.releaseId), sentBack(item.amount, railBack(item)))),
  );
  const away = those.filter((_, index) => sent[index]?.kind === 'done');
  const standings = await rides(
    away.map(({ id, amount, counterparty }) => {
      if (!counterparty) throw new RangeError(`${id} is sent back to nobody`);
      return {
        subjectId: id,
        ask: { direction: 'PAYOUT', amount, counterparty },
        narrative: `Returned ${id}`,
      };
    }),
  );
  const endings = away.flatMap((item, index) => endingOf(item, standings[index]));
  const answers = [...(await books.post(endings))];
  const results = new Map<string, Result>();
  for (const [index, item] of away.entries()) {
    const standing = standings[index];
    const isOver = standing && standing.kind !== 'riding';
    results.set(item.id, isOver ? resultOf(standing, answers.shift() ?? unknown) : 'waiting');
  }
  return those.map((item) => results.get(item.id) ?? 'unknown');
}

function endingOf(item: SuspenseItem, standing: Ride | undefined): Posting[] {
  if (!standing || standing.kind === 'riding') return [];
  const { amount } = item;
  if (standing.kind === 'refused')
    return [postingOf(item, idOf(item.settlementId), mirroredReturn(amount, railBack(item)))];
  const { attempt } = standing;
  return [postingOf(item, idOf(item.settlementId), leftTransit(amount, railBack(item), attempt.rail))];
}

function resultOf(standing: Exclude<Ride, { kind: 'riding' }>, { kind }: BookAnswer): Result {
  if (kind !== 'done') return 'unknown';
  return standing.kind === 'arrived'
    ? { to: 'RETURNED', carriedBy: standing.attempt.id }
    : { to: 'REOPENED', carriedBy: null };
}

function postingOf(item: SuspenseItem, id: string, entries: Posting['entries']): Posting {
  return { id, kind: 'ADJUSTMENT', reference: item.id, entries };
}

function railOf({ id, rail }: SuspenseItem): string {
  if (rail === null) throw new RangeError(`No rail brought ${id}`);
  return rail;
}

function railBack({ id, returnRail }: SuspenseItem): string {
  if (returnRail === null) throw new RangeError(`${id} is sent back over no rail`);
  return returnRail;
}

function idOf(id: string | null): string {
  if (id === null) throw new RangeError('A suspense item under way has no ids');
  return id;
}

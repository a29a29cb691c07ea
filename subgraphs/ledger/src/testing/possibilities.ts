import { type Call, callModel } from './calls.ts';
import type { LedgerModel } from './model.ts';

/** One of several calls made at the same time, and what was answered; null if nothing was. */
export interface Answered {
  readonly call: Call;
  readonly answer: readonly string[] | null;
}

/**
 * All states that the models can be in after calls that were made at the same time: those that explain the answers by
 * one order of the calls, where an unanswered call was done at some point or not at all. None: the answers cannot be
 * explained.
 */
export function possibleAfter(models: readonly LedgerModel[], calls: readonly Answered[]): LedgerModel[] {
  const found = new Map<string, LedgerModel>();
  const seen = new Set<string>();
  const visit = (model: LedgerModel, rest: readonly Answered[]) => {
    const state = model.text();
    const place = `${rest.map((each) => calls.indexOf(each)).join()} ${state}`;
    if (seen.has(place)) return;
    seen.add(place);
    if (rest.every(({ answer }) => answer === null)) found.set(state, model);
    for (const next of rest) {
      const after = model.fork();
      const verdicts = callModel(after, next.call);
      const others = rest.filter((each) => each !== next);
      if (next.answer === null || verdicts.join() === next.answer.join()) visit(after, others);
    }
  };
  for (const model of models) visit(model, calls);
  return [...found.values()];
}

import type {
  AccountLimits,
  Capture,
  Extension,
  NewReservation,
  NewReversal,
  NewTransaction,
  StatusChange,
} from '../engine/commands.ts';
import type { LedgerEngine } from '../engine/engine.ts';
import { linkedGroups } from '../engine/linked.ts';
import { codes } from './fixture.ts';
import type { LedgerModel, Verdict } from './model.ts';

/** A call of one of the engine's commands. */
export type Call =
  | { readonly command: 'post'; readonly items: readonly NewTransaction[] }
  | { readonly command: 'reverse'; readonly items: readonly NewReversal[] }
  | { readonly command: 'reserve'; readonly items: readonly NewReservation[] }
  | { readonly command: 'capture'; readonly items: readonly Capture[] }
  | { readonly command: 'void'; readonly items: readonly string[] }
  | { readonly command: 'extend'; readonly items: readonly Extension[] }
  | { readonly command: 'setAccountLimits'; readonly items: readonly AccountLimits[] }
  | { readonly command: 'setAccountStatuses'; readonly items: readonly StatusChange[] };

/** Has the ledger do it: what became of each item. @throws when there is no answer */
export async function callLedger(engine: LedgerEngine, call: Call): Promise<string[]> {
  switch (call.command) {
    case 'post':
      return codes(await engine.post(call.items));
    case 'reverse':
      return codes(await engine.reverse(call.items));
    case 'reserve':
      return codes(await engine.reserve(call.items));
    case 'capture':
      return codes(await engine.capture(call.items));
    case 'void':
      return codes(await engine.void(call.items));
    case 'extend':
      return codes(await engine.extend(call.items));
    case 'setAccountLimits':
      return codes(await engine.setAccountLimits(call.items));
    case 'setAccountStatuses':
      return codes(await engine.setAccountStatuses(call.items));
  }
}

/** Lists are decided together up to an item that has an id of one before it. */
function batchesOf(items: readonly NewReservation[]): NewReservation[][] {
  const batches: NewReservation[][] = [];
  let used = new Set<string | undefined>();
  for (const item of items) {
    const ids = [item.id, ...(item.captureAs === undefined ? [] : [item.captureAs])];
    if (batches.length === 0 || ids.some((id) => used.has(id))) {
      batches.push([]);
      used = new Set();
    }
    batches.at(-1)?.push(item);
    for (const id of ids) used.add(id);
  }
  return batches;
}

/** Has the model do it. */
export function callModel(model: LedgerModel, call: Call): Verdict[] {
  switch (call.command) {
    case 'post':
      return linkedGroups(call.items).flatMap(model.post);
    case 'reverse':
      return call.items.map(model.reverse);
    case 'reserve':
      return batchesOf(call.items).flatMap(model.reserve);
    case 'capture':
      return call.items.map(model.capture);
    case 'void':
      return call.items.map(model.void);
    case 'extend':
      return call.items.map(model.extend);
    case 'setAccountLimits':
      return call.items.map(model.setLimits);
    case 'setAccountStatuses':
      return call.items.map(({ walletId, status }) => model.setStatus(walletId, status));
  }
}

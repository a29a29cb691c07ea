import type pg from 'pg';
import type { ReservationState } from '../generated/prisma/enums.ts';
import { type BatchObserver, type CoalescerOptions, createCoalescer } from './coalescer.ts';
import {
  type AccountLimits,
  type Capture,
  type Extension,
  type NewReservation,
  type NewReversal,
  type NewTransaction,
  type NewWalletAccount,
  type Outcome,
  outcomeOf,
  type Refusal,
  type StatusChange,
} from './commands.ts';
import { createDatabaseCommands, type DatabaseCommand, isPoisoned } from './database-commands.ts';
import { decideEach, type Prepared } from './each.ts';
import { linkedGroups, refuseLinked } from './linked.ts';
import {
  faultInCapture,
  faultInExtension,
  faultInLimits,
  faultInReservation,
  faultInReversal,
  faultInStatusChange,
  faultInTransaction,
  faultInVoid,
  faultInWalletAccount,
} from './rules.ts';

/** Where a transaction or a reservation stands; null if the books have never seen its id. */
export interface CommandStatus {
  readonly id: string;
  readonly state: 'POSTED' | ReservationState | null;
}

type Command<Item> = (items: readonly Item[]) => Promise<Outcome[]>;

/**
 * The only way to move money. Every command takes a list, decides each item in order, alone but for linked transactions,
 * and answers one outcome per item, in the order given. The same id with the same content is done once and answered alike ever after.
 * Concurrent callers share database transactions.
 *
 * @throws OverloadedError at once when too much is waiting: nothing was done.
 * @throws when the database cannot be reached or fails: then nobody knows what was done, and the same ids are to be sent
 * again.
 */
export interface LedgerEngine {
  readonly post: Command<NewTransaction>;
  /** Takes transactions back, never more of one than it moved. */
  readonly reverse: Command<NewReversal>;
  /** Holds funds, and captures at once those that say so. */
  readonly reserve: Command<NewReservation>;
  readonly capture: Command<Capture>;
  /** Gives reservations back. An id never reserved is marked, so that it never can be. */
  readonly void: Command<string>;
  /** Gives reservations more time. */
  readonly extend: Command<Extension>;
  readonly openAccounts: Command<NewWalletAccount>;
  readonly setAccountStatuses: Command<StatusChange>;
  readonly setAccountLimits: Command<AccountLimits>;
  /** One status per id, in the order given. */
  readonly statuses: (ids: readonly string[]) => Promise<CommandStatus[]>;
}

export interface EngineOptions {
  /** How many items of each command may wait for the batch in flight, 8,192 unless told. */
  readonly maxQueue?: number;
  /** How many items of each command are decided in one transaction of the database, 256 unless told. */
  readonly maxBatch?: number | undefined;
  /** Makes what watches the batches of a command. */
  readonly observe?: ((command: string) => BatchObserver) | undefined;
}

/** @param pool of the role that may execute the ledger's functions: `createPool`. */
export function createEngine(pool: pg.Pool, { maxQueue, maxBatch, observe }: EngineOptions = {}): LedgerEngine {
  const run = createDatabaseCommands(pool);
  const bounds = (name: string) => ({
    ...(maxQueue !== undefined && { maxQueue }),
    ...(maxBatch !== undefined && { maxBatch }),
    observer: observe?.(name),
  });
  const command = <Item>(name: string, options: CommandOptions<Item>) => createCommand(options, bounds(name));
  return {
    post: createPostCommand(run.post, bounds('post')),
    reverse: command('reverse', {
      run: run.reverse,
      faultIn: faultInReversal,
      idOf: ({ id }) => id,
      keysOf: ({ id, reverses }) => [id, reverses],
    }),
    reserve: command('reserve', {
      run: run.reserve,
      faultIn: faultInReservation,
      idOf: ({ id }) => id,
      keysOf: ({ id, captureAs }) => (captureAs === undefined ? [id] : [id, captureAs]),
    }),
    capture: command('capture', {
      run: run.capture,
      faultIn: faultInCapture,
      idOf: ({ id }) => id,
      keysOf: ({ id, reservationId }) => [id, reservationId],
    }),
    void: command('void', { run: run.void, faultIn: faultInVoid, idOf: (id) => id }),
    extend: command('extend', {
      run: run.extend,
      faultIn: faultInExtension,
      idOf: ({ reservationId }) => reservationId,
    }),
    openAccounts: command('openAccounts', {
      run: run.openAccounts,
      faultIn: faultInWalletAccount,
      idOf: ({ walletId }) => walletId,
    }),
    setAccountStatuses: command('setAccountStatuses', {
      run: run.setAccountStatuses,
      faultIn: faultInStatusChange,
      idOf: ({ walletId }) => walletId,
    }),
    setAccountLimits: command('setAccountLimits', {
      run: run.setAccountLimits,
      faultIn: faultInLimits,
      idOf: ({ walletId }) => walletId,
    }),
    statuses: (ids) => statusesOf(pool, ids),
  };
}

type Bounds = Pick<CoalescerOptions<never, never>, 'maxQueue' | 'maxBatch' | 'observer'>;

interface CommandOptions<Item> {
  readonly run: DatabaseCommand<Item>;
  readonly faultIn: (item: Item) => Refusal | undefined;
  readonly idOf: (item: Item) => string;
  readonly keysOf?: (item: Item) => readonly string[];
}

function createCommand<Item>(
  { run, faultIn, idOf, keysOf = (item) => [idOf(item)] }: CommandOptions<Item>,
  bounds: Bounds,
): Command<Item> {
  const decide = createCoalescer<Item, Outcome>({
    keysOf,
    isPoisoned,
    ...bounds,
    run: async (batch) => {
      const refusals = await run(batch);
      return batch.map((item, index) => outcomeOf(idOf(item), refusals[index]));
    },
  });
  const prepare = (item: Item): Prepared<Item> => {
    const refusal = faultIn(item);
    return refusal ? { kind: 'refused', id: idOf(item), refusal } : { kind: 'sound', item };
  };
  return (items) => decideEach(items.map(prepare), decide);
}

/** Transactions that are linked are one item of a batch. */
function createPostCommand(
  run: (groups: readonly (readonly NewTransaction[])[]) => Promise<(Refusal | undefined)[]>,
  bounds: Bounds,
): Command<NewTransaction> {
  const decide = createCoalescer<readonly NewTransaction[], readonly Outcome[]>({
    keysOf: (group) => group.map(({ id }) => id),
    sizeOf: (group) => group.length,
    isPoisoned,
    ...bounds,
    run: async (groups) => {
      const refusals = await run(groups);
      let next = 0;
      return groups.map((group) => group.map(({ id }) => outcomeOf(id, refusals[next++])));
    },
  });
  const prepare = (item: NewTransaction): Prepared<NewTransaction> => {
    const refusal = faultInTransaction(item);
    return refusal ? { kind: 'refused', id: item.id, refusal } : { kind: 'sound', item };
  };
  return (items) =>
    decideEach(refuseLinked(items, items.map(prepare)), async (sound) => (await decide(linkedGroups(sound))).flat());
}

const statusesSql = `
  SELECT id, 'POSTED' AS state FROM idempotency_key WHERE id = ANY ($1::text[])
  UNION ALL
  SELECT id, state::text FROM reservation WHERE id = ANY ($1::text[])`;

/** In one statement, which is one snapshot: a capture is seen on its reservation and as a transaction, or on neither. */
export async function statusesOf(pool: pg.Pool, ids: readonly string[]): Promise<CommandStatus[]> {
  const { rows } = await pool.query<CommandStatus>({ name: 'statuses', text: statusesSql, values: [ids] });
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  return ids.map((id) => ({ id, state: states.get(id) ?? null }));
}

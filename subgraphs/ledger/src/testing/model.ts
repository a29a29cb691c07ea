import { addressText } from '../account/chart.ts';
import type {
  AccountLimits,
  Capture,
  Extension,
  NewEntry,
  NewReservation,
  NewReversal,
  NewTransaction,
} from '../engine/commands.ts';
import type { AccountStatus, LedgerErrorCode, ReservationState } from '../generated/prisma/enums.ts';

export type Verdict = 'done' | LedgerErrorCode;

interface ModelAccount {
  floor: bigint | null;
  ceiling: bigint | null;
  status: AccountStatus;
  debits: bigint;
  credits: bigint;
  debitsPending: bigint;
  creditsPending: bigint;
}

interface ModelReservation {
  readonly content: string;
  state: ReservationState;
  /** What is held, by side and account. */
  readonly held: Map<string, NewEntry>;
}

export interface LedgerModel {
  readonly accounts: ReadonlyMap<string, Readonly<ModelAccount>>;
  readonly reservations: ReadonlyMap<string, Readonly<ModelReservation>>;
  readonly used: ReadonlyMap<string, string>;
  readonly open: (address: string, floor: bigint | null) => void;
  /** Decides what is linked, or one alone. */
  readonly post: (linked: readonly NewTransaction[]) => Verdict[];
  readonly reverse: (reversal: NewReversal) => Verdict;
  /** Decides what is reserved together: first all of it is, then captured what is to be at once. */
  readonly reserve: (together: readonly NewReservation[]) => Verdict[];
  readonly capture: (wanted: Capture) => Verdict;
  readonly void: (id: string) => Verdict;
  /** Its time is over. */
  readonly expire: (id: string) => void;
  readonly setStatus: (address: string, status: AccountStatus) => Verdict;
  readonly setLimits: (limits: AccountLimits) => Verdict;
  readonly extend: (extension: Extension) => Verdict;
  /** Another one that remembers the same, and goes its own way from here. */
  readonly fork: () => LedgerModel;
  /** Equal for models that remember the same. */
  readonly text: () => string;
}

/** All that the model remembers. */
interface Memory {
  readonly accounts: Map<string, ModelAccount>;
  /** The content under each id of a transaction or reservation that was done. */
  readonly used: Map<string, string>;
  readonly reservations: Map<string, ModelReservation>;
  /** What can still be taken back of each transaction, by side and account. */
  readonly reversible: Map<string, Map<string, NewEntry>>;
}

const nothing = (): Memory => ({
  accounts: new Map(),
  used: new Map(),
  reservations: new Map(),
  reversible: new Map(),
});

/** The ledger as simply as it can be said: maps in memory, one command after the other. */
export function createModel(memory = nothing()): LedgerModel {
  const { accounts, used, reservations, reversible } = memory;

  const accountOf = (entry: NewEntry) => {
    const account = accounts.get(addressText(entry.account));
    if (!account) throw new Error(`The model has no account ${addressText(entry.account)}`);
    return account;
  };

  const open = (address: string, floor: bigint | null) => {
    const counters = { debits: 0n, credits: 0n, debitsPending: 0n, creditsPending: 0n };
    accounts.set(address, { floor, ceiling: null, status: 'OPEN', ...counters });
  };

  const move = (entries: Iterable<NewEntry>, column: 'posted' | 'pending', sign = 1n) => {
    for (const entry of entries) {
      const account = accountOf(entry);
      const amount = sign * entry.amount;
      if (column === 'posted' && entry.direction === 'DEBIT') account.debits += amount;
      if (column === 'posted' && entry.direction === 'CREDIT') account.credits += amount;
      if (column === 'pending' && entry.direction === 'DEBIT') account.debitsPending += amount;
      if (column === 'pending' && entry.direction === 'CREDIT') account.creditsPending += amount;
    }
  };

  const misfit = (entries: readonly NewEntry[]): Verdict | undefined => {
    for (const entry of entries) {
      const { status } = accountOf(entry);
      if (status === 'CLOSED') return 'ACCOUNT_CLOSED';
      if (status === 'FROZEN' || status === `FROZEN_${entry.direction}`) return 'ACCOUNT_FROZEN';
    }
    return undefined;
  };

  /** What is wrong with how an entry leaves its account: debits may not go below the floor, nor credits above the ceiling. */
  const excess = (entry: NewEntry): Verdict | undefined => {
    const { floor, ceiling, credits, creditsPending, debits, debitsPending } = accountOf(entry);
    if (entry.direction === 'DEBIT')
      return floor !== null && credits - debits - debitsPending < floor ? 'INSUFFICIENT_FUNDS' : undefined;
    return ceiling !== null && credits + creditsPending - debits > ceiling ? 'EXCEEDS_CEILING' : undefined;
  };

  /** Moves, unless that would leave an account beyond its bounds: then the first entry at fault says why not. */
  const moveIfFunded = (entries: readonly NewEntry[], column: 'posted' | 'pending'): Verdict => {
    move(entries, column);
    const faults = entries.map(excess).filter((fault) => fault !== undefined);
    if (faults.length > 0) move(entries, column, -1n);
    return faults[0] ?? 'done';
  };

  const once = (id: string, content: string, decide: () => Verdict): Verdict => {
    const before = used.get(id);
    if (before !== undefined) return before === content ? 'done' : 'IDEMPOTENCY_CONFLICT';
    const verdict = decide();
    if (verdict === 'done') used.set(id, content);
    return verdict;
  };

  const resolve = (reservation: ModelReservation, state: ReservationState) => {
    move(reservation.held.values(), 'pending', -1n);
    reservation.held.clear();
    reservation.state = state;
  };

  const postEntries = (id: string, entries: readonly NewEntry[]): Verdict => {
    const verdict = misfit(entries) ?? moveIfFunded(entries, 'posted');
    if (verdict === 'done') reversible.set(id, byPlace(entries.map(mirrored)));
    return verdict;
  };

  /** All that are linked, or one alone. */
  const post = (linked: readonly NewTransaction[]): Verdict[] => {
    const company = linked.map(({ id }) => id).join();
    const fresh = linked.filter(({ id }) => !used.has(id));
    const verdicts = linked.map((each) =>
      once(each.id, `${contentOf(each)}${company}`, () => postEntries(each.id, each.entries)),
    );
    if (verdicts.every((verdict) => verdict === 'done')) return verdicts;
    return linked.map((each, index) => {
      const verdict = verdicts[index] ?? 'done';
      if (verdict !== 'done' || !fresh.includes(each)) return verdict;
      move(each.entries, 'posted', -1n);
      used.delete(each.id);
      reversible.delete(each.id);
      return 'LINKED_REFUSED';
    });
  };

  const reverse = (reversal: NewReversal): Verdict =>
    once(reversal.id, contentOf(reversal), () => {
      const open = reversible.get(reversal.reverses);
      if (!open) return 'TRANSACTION_NOT_FOUND';
      const entries = reversal.entries ?? [...open.values()];
      if (entries.length === 0 || exceeds(entries, open)) return 'EXCEEDS_ORIGINAL';
      const verdict = postEntries(reversal.id, entries);
      if (verdict === 'done') take(entries, open);
      return verdict;
    });

  const hold = ({ captureAs, ...reservation }: NewReservation): Verdict => {
    const content = contentOf(reservation);
    const before = reservations.get(reservation.id);
    const sameContent = before?.content === content || before?.content === tombstone;
    if (sameContent && (before.state === 'VOIDED' || before.state === 'EXPIRED')) return `RESERVATION_${before.state}`;
    return once(reservation.id, content, () => {
      const verdict = misfit(reservation.entries) ?? moveIfFunded(reservation.entries, 'pending');
      if (verdict !== 'done') return verdict;
      const held = byPlace(reservation.entries);
      reservations.set(reservation.id, { content, state: 'RESERVED', held });
      return 'done';
    });
  };

  const capture = (wanted: Capture): Verdict =>
    once(wanted.id, contentOf(wanted), () => {
      const reservation = reservations.get(wanted.reservationId);
      if (!reservation) return 'RESERVATION_NOT_FOUND';
      const { state, held } = reservation;
      if (state !== 'RESERVED') return `RESERVATION_${state}`;
      const entries = wanted.entries ?? [...held.values()];
      if (exceeds(entries, held)) return 'EXCEEDS_RESERVATION';
      move(entries, 'pending', -1n);
      move(entries, 'posted');
      reversible.set(wanted.id, byPlace(entries.map(mirrored)));
      take(entries, held);
      if (held.size === 0 || wanted.releaseRest !== false) resolve(reservation, 'CAPTURED');
      return 'done';
    });

  const reserve = (together: readonly NewReservation[]): Verdict[] => {
    const verdicts = together.map(hold);
    return together.map(({ id, captureAs }, index) => {
      const verdict = verdicts[index] ?? 'done';
      return verdict === 'done' && captureAs ? capture({ id: captureAs, reservationId: id }) : verdict;
    });
  };

  const voidReservation = (id: string): Verdict => {
    const reservation = reservations.get(id);
    if (!reservation) reservations.set(id, { content: tombstone, state: 'VOIDED', held: new Map() });
    else if (reservation.state === 'RESERVED') resolve(reservation, 'VOIDED');
    const state = reservations.get(id)?.state;
    return state === 'CAPTURED' || state === 'EXPIRED' ? `RESERVATION_${state}` : 'done';
  };

  return {
    accounts,
    reservations,
    used,
    open,
    post,
    reverse,
    reserve,
    capture,
    void: voidReservation,
    expire: (id) => {
      const reservation = reservations.get(id);
      if (reservation?.state === 'RESERVED') resolve(reservation, 'EXPIRED');
    },
    setStatus: (address, status) => {
      const account = accounts.get(address);
      if (!account) return 'ACCOUNT_NOT_FOUND';
      if (status === account.status) return 'done';
      if (account.status === 'CLOSED') return 'ACCOUNT_CLOSED';
      const { debits, credits, debitsPending, creditsPending } = account;
      const isEmpty = debits === credits && debitsPending === 0n && creditsPending === 0n;
      if (status === 'CLOSED' && !isEmpty) return 'ACCOUNT_NOT_EMPTY';
      account.status = status;
      return 'done';
    },
    setLimits: ({ walletId, creditLimit, ceiling = null }) => {
      const account = accounts.get(walletId);
      if (!account) return 'ACCOUNT_NOT_FOUND';
      if (account.status === 'CLOSED') return 'ACCOUNT_CLOSED';
      if (account.credits - account.debits - account.debitsPending + creditLimit < 0n) return 'INSUFFICIENT_FUNDS';
      account.floor = -creditLimit;
      account.ceiling = ceiling;
      return 'done';
    },
    extend: ({ reservationId }) => {
      const state = reservations.get(reservationId)?.state;
      if (state === undefined) return 'RESERVATION_NOT_FOUND';
      return state === 'RESERVED' ? 'done' : `RESERVATION_${state}`;
    },
    fork: () => createModel(structuredClone(memory)),
    text: () => contentOf(memory),
  };
}

const tombstone = '';

function placeOf({ account, direction }: NewEntry): string {
  return `${direction} ${addressText(account)}`;
}

const byPlace = (entries: readonly NewEntry[]) => new Map(entries.map((entry) => [placeOf(entry), entry]));

/** The entry on the other side. */
export const mirrored = (entry: NewEntry): NewEntry => ({
  ...entry,
  direction: entry.direction === 'DEBIT' ? 'CREDIT' : 'DEBIT',
});

const exceeds = (entries: readonly NewEntry[], open: ReadonlyMap<string, NewEntry>): boolean =>
  entries.some((entry) => entry.amount > (open.get(placeOf(entry))?.amount ?? 0n));

function take(entries: readonly NewEntry[], open: Map<string, NewEntry>): void {
  for (const entry of entries) {
    const left = (open.get(placeOf(entry))?.amount ?? 0n) - entry.amount;
    if (left > 0n) open.set(placeOf(entry), { ...entry, amount: left });
    else open.delete(placeOf(entry));
  }
}

function contentOf(command: object): string {
  return JSON.stringify(command, (_key, value) => {
    if (value instanceof Map) return [...value].sort(([one], [other]) => (one < other ? -1 : 1));
    return typeof value === 'bigint' ? `${value}` : value;
  });
}

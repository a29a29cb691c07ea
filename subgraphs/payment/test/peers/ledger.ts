import { type Currency, currencyOf, parseAmount } from '@paygraph/money';
import type {
  CaptureInput,
  EntryInput,
  ExtendInput,
  LedgerErrorCode,
  PostTransactionInput,
  ReserveInput,
} from '../../src/generated/peers/ledger.ts';
import { type PeerServer, startPeerServer } from './server.ts';

interface Entry {
  readonly account: string;
  readonly walletId: string | undefined;
  readonly currency: Currency;
  readonly direction: 'DEBIT' | 'CREDIT';
  readonly amount: bigint;
}

interface Reservation {
  readonly content: string;
  readonly reference: string;
  readonly entries: readonly Entry[];
  expiresAt: Date;
  state: 'RESERVED' | 'CAPTURED' | 'VOIDED';
}

interface Transaction {
  readonly content: string;
  readonly reference: string;
  readonly entries: readonly Entry[];
}

type Freeze = 'FROZEN_DEBIT' | 'FROZEN_CREDIT' | 'CLOSED';

/** A ledger in memory, with the rules that payment relies on: floors, idempotency, tombstones, capture at most once. */
export interface SimulatedLedger extends PeerServer {
  /** Gives a wallet money from outside. */
  fund(walletId: string, amount: string, currency: string): void;
  freeze(walletId: string, how: Freeze | null): void;
  /** How much a wallet may hold, in minor units; as much as there is if null. */
  setCeiling(walletId: string, ceiling: bigint | null): void;
  /** Ends a reservation as if its time had run out. */
  expireReservation(id: string): void;
  /** Voids a reservation, made or not, as if somebody else had asked for it. */
  closeReservation(id: string): void;
  /** Until when a reservation holds its funds. */
  expiryOf(id: string): Date | undefined;
  /** Posted credits less posted debits, in minor units. */
  posted(walletId: string): bigint;
  /** Posted less what is reserved to leave. */
  available(walletId: string): bigint;
  /** Everything posted for a payment, by however many transactions: direction, account and minor units. */
  entriesOf(reference: string): string[];
  /** Reservations that still hold something. */
  held(): string[];
  /** Debits less credits of everything posted, per currency: zero, or the books are broken. */
  imbalance(): Record<string, bigint>;
}

export async function startLedger(): Promise<SimulatedLedger> {
  const reservations = new Map<string, Reservation>();
  const transactions = new Map<string, Transaction>();
  const tombstones = new Set<string>();
  const expired = new Set<string>();
  const freezes = new Map<string, Freeze>();
  const ceilings = new Map<string, bigint>();
  const balances = new Map<string, { posted: bigint; pendingOut: bigint }>();

  const balanceOf = (walletId: string) => {
    const balance = balances.get(walletId) ?? { posted: 0n, pendingOut: 0n };
    balances.set(walletId, balance);
    return balance;
  };
  const available = (walletId: string) => balanceOf(walletId).posted - balanceOf(walletId).pendingOut;
  const book = (id: string, transaction: Transaction) => {
    transactions.set(id, transaction);
    for (const { walletId, direction, amount } of transaction.entries)
      if (walletId !== undefined) balanceOf(walletId).posted += direction === 'CREDIT' ? amount : -amount;
  };
  /** Holds the debits of a reservation, or gives them back. */
  const hold = (entries: readonly Entry[], sign: 1n | -1n) => {
    for (const { walletId, direction, amount } of entries)
      if (walletId !== undefined && direction === 'DEBIT') balanceOf(walletId).pendingOut += sign * amount;
  };

  const refusalOf = (entries: readonly Entry[]): { code: LedgerErrorCode; account?: string } | undefined => {
    if (Object.values(imbalanceOf(entries)).some((difference) => difference !== 0n)) return { code: 'UNBALANCED' };
    for (const { walletId, direction, amount } of entries) {
      if (walletId === undefined) continue;
      const freeze = freezes.get(walletId);
      if (freeze === 'CLOSED') return { code: 'ACCOUNT_CLOSED', account: walletId };
      if (freeze === `FROZEN_${direction}`) return { code: 'ACCOUNT_FROZEN', account: walletId };
      if (direction === 'DEBIT' && available(walletId) < amount)
        return { code: 'INSUFFICIENT_FUNDS', account: walletId };
      const ceiling = ceilings.get(walletId);
      if (ceiling !== undefined && direction === 'CREDIT' && balanceOf(walletId).posted + amount > ceiling)
        return { code: 'EXCEEDS_CEILING', account: walletId };
    }
    return undefined;
  };
  const reserve = ({ captureAs, ...input }: ReserveInput) => {
    const reserved = reserveOnly(input);
    if (!reserved.done || captureAs === undefined || captureAs === null) return reserved;
    return { ...capture({ id: captureAs, reservationId: input.id, releaseRest: true }), id: input.id };
  };
  const reserveOnly = (input: Omit<ReserveInput, 'captureAs'>) => {
    const content = JSON.stringify(input);
    const before = reservations.get(input.id);
    if (tombstones.has(input.id) || before?.state === 'VOIDED') return refuse(input.id, 'RESERVATION_VOIDED');
    if (expired.has(input.id)) return refuse(input.id, 'RESERVATION_EXPIRED');
    if (before) return before.content === content ? done(input.id) : refuse(input.id, 'IDEMPOTENCY_CONFLICT');
    const entries = input.entries.map(entryFrom);
    const refusal = refusalOf(entries);
    if (refusal) return refuse(input.id, refusal.code, refusal.account);
    const { reference, expiresAt } = input;
    reservations.set(input.id, { content, reference, entries, expiresAt: new Date(expiresAt), state: 'RESERVED' });
    hold(entries, 1n);
    return done(input.id);
  };
  const capture = ({ id, reservationId, entries: part }: CaptureInput) => {
    const content = JSON.stringify({ reservationId, part });
    const before = transactions.get(id);
    if (before) return before.content === content ? done(id) : refuse(id, 'IDEMPOTENCY_CONFLICT');
    if (expired.has(reservationId)) return refuse(id, 'RESERVATION_EXPIRED');
    const reservation = reservations.get(reservationId);
    if (!reservation) return refuse(id, tombstones.has(reservationId) ? 'RESERVATION_VOIDED' : 'RESERVATION_NOT_FOUND');
    if (reservation.state !== 'RESERVED') return refuse(id, `RESERVATION_${reservation.state}`);
    if (part && exceeds(part.map(entryFrom), reservation.entries)) return refuse(id, 'EXCEEDS_RESERVATION');
    reservation.state = 'CAPTURED';
    hold(reservation.entries, -1n);
    const entries = part?.map(entryFrom) ?? reservation.entries;
    book(id, { content, reference: reservation.reference, entries });
    return done(id);
  };
  const post = (input: PostTransactionInput) => {
    const content = JSON.stringify(input);
    const before = transactions.get(input.id);
    if (before) return before.content === content ? done(input.id) : refuse(input.id, 'IDEMPOTENCY_CONFLICT');
    const entries = input.entries.map(entryFrom);
    const refusal = refusalOf(entries);
    if (refusal) return refuse(input.id, refusal.code, refusal.account);
    book(input.id, { content, reference: input.reference, entries });
    return done(input.id);
  };
  const voidReservation = (id: string) => {
    if (expired.has(id)) return refuse(id, 'RESERVATION_EXPIRED');
    const reservation = reservations.get(id);
    if (reservation?.state === 'CAPTURED') return refuse(id, 'RESERVATION_CAPTURED');
    if (reservation?.state === 'RESERVED') hold(reservation.entries, -1n);
    if (reservation) reservation.state = 'VOIDED';
    else tombstones.add(id);
    return done(id);
  };

  const extend = ({ reservationId: id, expiresAt }: ExtendInput) => {
    const reservation = reservations.get(id);
    if (expired.has(id)) return refuse(id, 'RESERVATION_EXPIRED');
    if (!reservation) return refuse(id, 'RESERVATION_NOT_FOUND');
    if (reservation.state !== 'RESERVED') return refuse(id, `RESERVATION_${reservation.state}`);
    const wanted = new Date(expiresAt);
    if (wanted > reservation.expiresAt) reservation.expiresAt = wanted;
    return done(id);
  };

  const server = await startPeerServer('ledger', {
    reserve: (args: { reservations: ReserveInput[] }) => args.reservations.map(reserve),
    capture: (args: { captures: CaptureInput[] }) => args.captures.map(capture),
    postTransactions: (args: { transactions: PostTransactionInput[] }) => args.transactions.map(post),
    extendReservations: (args: { reservations: ExtendInput[] }) => args.reservations.map(extend),
    void: (args: { reservationIds: string[] }) => args.reservationIds.map(voidReservation),
  });
  return {
    ...server,
    fund(walletId, amount, currency) {
      const account = { purpose: 'WALLET', currency, walletId } as const;
      const outside = { purpose: 'SETTLEMENT', currency } as const;
      const money = { amount, currency };
      const entries = [
        entryFrom({ account: outside, direction: 'DEBIT', amount: money }),
        entryFrom({ account, direction: 'CREDIT', amount: money }),
      ];
      book(`funding ${transactions.size}`, { content: '', reference: 'funding', entries });
    },
    freeze(walletId, how) {
      if (how) freezes.set(walletId, how);
      else freezes.delete(walletId);
    },
    setCeiling(walletId, ceiling) {
      if (ceiling === null) ceilings.delete(walletId);
      else ceilings.set(walletId, ceiling);
    },
    expireReservation(id) {
      hold(reservations.get(id)?.entries ?? [], -1n);
      reservations.delete(id);
      expired.add(id);
    },
    closeReservation: (id) => void voidReservation(id),
    expiryOf: (id) => reservations.get(id)?.expiresAt,
    posted: (walletId) => balanceOf(walletId).posted,
    available,
    entriesOf: (reference) =>
      [...transactions.values()]
        .filter((one) => one.reference === reference)
        .flatMap(({ entries }) => entries.map(({ account, direction, amount }) => `${direction} ${account} ${amount}`)),
    held: () => [...reservations].filter(([, { state }]) => state === 'RESERVED').map(([id]) => id),
    imbalance: () => imbalanceOf([...transactions.values()].flatMap(({ entries }) => entries)),
  };
}

function entryFrom({ account, direction, amount }: EntryInput): Entry {
  const currency = currencyOf(amount.currency);
  const parsed = parseAmount(amount.amount, currency);
  if (parsed.kind === 'fault') throw new Error(`${amount.amount}: ${parsed.fault}`);
  const { purpose, walletId, rail } = account;
  const key = [purpose, currency, walletId ?? rail ?? ''].join(' ');
  return { account: key, walletId: walletId ?? undefined, currency, direction, amount: parsed.money.amount };
}

/** Whether any entry is above the reserved one on its account and side. */
function exceeds(entries: readonly Entry[], reserved: readonly Entry[]): boolean {
  return entries.some(({ account, direction, amount }) => {
    const held = reserved.find((one) => one.account === account && one.direction === direction);
    return !held || held.amount < amount;
  });
}

/** Credits less debits. */
function sum(entries: readonly Entry[]): bigint {
  return entries.reduce((total, { direction, amount }) => total + (direction === 'CREDIT' ? amount : -amount), 0n);
}

function imbalanceOf(entries: readonly Entry[]): Record<string, bigint> {
  const currencies = [...new Set(entries.map(({ currency }) => currency))];
  return Object.fromEntries(
    currencies.map((currency) => [currency, sum(entries.filter((entry) => entry.currency === currency))]),
  );
}

function done(id: string) {
  return { id, done: true, code: null, account: null, message: null };
}

function refuse(id: string, code: LedgerErrorCode, account: string | null = null) {
  return { id, done: false, code, account, message: code };
}

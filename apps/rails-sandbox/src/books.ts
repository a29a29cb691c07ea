import type { Currency, Money } from '@paygraph/money';
import type { Refusal } from './behaviour.ts';
import type { IncomingCredit } from './rails/bank-messages.ts';

export const railNames = ['mtn-momo', 'airteltigo-money', 'telecel-cash', 'bank'] as const;
export type RailName = (typeof railNames)[number];

/** Something that a rail was asked to do and took on. */
export interface Order {
  readonly rail: RailName;
  /** As the caller named it, on this rail's wire. */
  readonly reference: string;
  readonly direction: 'COLLECTION' | 'PAYOUT';
  readonly amount: Money;
  /** What the rail takes for it from our float, in minor units of the amount's currency. */
  readonly charge: bigint;
  /** The number or account at the other end. */
  readonly party: string;
  /** Further members of the request that answers repeat. */
  readonly details: Readonly<Record<string, string>>;
  /** The rail's own name for it. */
  readonly railReference: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'RETURNED';
  /** Why it failed, or why it came back. */
  readonly refusal: Refusal | null;
  readonly takenAt: string;
  readonly decidedAt: string | null;
}

/** What happens in the books, one line of the journal each. */
export type Entry =
  | { readonly kind: 'TAKEN'; readonly order: Order }
  | { readonly kind: 'DECIDED'; readonly order: Order }
  | { readonly kind: 'CREDIT'; readonly credit: IncomingCredit; readonly at: string }
  | { readonly kind: 'FLOAT'; readonly rail: RailName; readonly amount: Money };

/** What was booked on our account with the bank, and when. */
export type Booking =
  | { readonly at: string; readonly order: Order }
  | { readonly at: string; readonly credit: IncomingCredit };

/**
 * What the rails have taken, done and hold of us: the truth that a test holds the platform's books against. An entry is
 * written to the journal before anybody is told of it.
 */
export interface Books {
  find(rail: RailName, reference: string): Order | undefined;
  orders(rail: RailName): readonly Order[];
  /** Our money with the rail. */
  float(rail: RailName, currency: Currency): bigint;
  floats(rail: RailName): readonly Money[];
  /** The float less payouts that are not decided yet. */
  available(rail: RailName, currency: Currency): bigint;
  take(order: Order): void;
  /** Decides an order that is pending, or returns one that succeeded; moves the float accordingly. */
  decide(order: Order): void;
  /** Somebody pays in over the bank. */
  credit(credit: IncomingCredit, at: string): void;
  /** All that was booked with the bank, in order. */
  bookings(): readonly Booking[];
  /** Money put into or taken out of the float by hand. */
  fund(rail: RailName, amount: Money): void;
}

export function createBooks(write: (entry: Entry) => void, history: readonly Entry[] = []): Books {
  const orders = new Map<string, Order>();
  const floats = new Map<string, Money>();
  const bookings: Booking[] = [];
  const keyOf = (rail: RailName, name: string) => `${rail} ${name}`;
  const move = (rail: RailName, { amount, currency }: Money) => {
    const key = keyOf(rail, currency);
    floats.set(key, { amount: (floats.get(key)?.amount ?? 0n) + amount, currency });
  };
  const apply = (entry: Entry) => {
    if (entry.kind === 'FLOAT') return move(entry.rail, entry.amount);
    if (entry.kind === 'CREDIT') {
      bookings.push(entry);
      return move('bank', entry.credit.amount);
    }
    const { order } = entry;
    orders.set(keyOf(order.rail, order.reference), order);
    const moved = entry.kind === 'DECIDED' ? movementOf(order) : 0n;
    if (moved === 0n) return;
    move(order.rail, { amount: moved, currency: order.amount.currency });
    if (order.rail === 'bank') bookings.push({ order, at: order.decidedAt ?? order.takenAt });
  };
  const record = (entry: Entry) => {
    write(entry);
    apply(entry);
  };
  for (const entry of history) apply(entry);

  const float: Books['float'] = (rail, currency) => floats.get(keyOf(rail, currency))?.amount ?? 0n;
  const ofRail = (rail: RailName) => [...orders.values()].filter((order) => order.rail === rail);
  return {
    find: (rail, reference) => orders.get(keyOf(rail, reference)),
    orders: ofRail,
    float,
    floats: (rail) => [...floats].filter(([key]) => key.startsWith(`${rail} `)).map(([, money]) => money),
    available: (rail, currency) =>
      ofRail(rail)
        .filter(
          ({ direction, state, amount }) =>
            direction === 'PAYOUT' && state === 'PENDING' && amount.currency === currency,
        )

        .reduce((left, { amount, charge }) => left - amount.amount - charge, float(rail, currency)),
    take: (order) => record({ kind: 'TAKEN', order }),
    decide: (order) => record({ kind: 'DECIDED', order }),
    credit: (credit, at) => record({ kind: 'CREDIT', credit, at }),
    bookings: () => bookings,
    fund: (rail, amount) => record({ kind: 'FLOAT', rail, amount }),
  };
}

/** By how much a decision changes the float. */
function movementOf({ state, direction, charge, amount: { amount } }: Order): bigint {
  if (state === 'RETURNED') return amount;
  if (state !== 'SUCCEEDED') return 0n;
  return direction === 'COLLECTION' ? amount - charge : -amount - charge;
}

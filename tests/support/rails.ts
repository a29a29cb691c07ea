import { type BehaviourPatch, type RailName, type Refusal, railNames } from '@paygraph/rails-sandbox';
import type { operations } from '@paygraph/standalone/client';
import type { TestPlatform } from './platform.ts';

/** An order as the sandbox tells of it. */
export interface RailOrder {
  readonly reference: string;
  readonly direction: 'COLLECTION' | 'PAYOUT';
  readonly amount: operations.Money;
  readonly charge: operations.Money;
  readonly party: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'RETURNED';
  readonly refusal: Refusal | null;
}

/** The rails from the outside: what they have done, and how they are to behave. */
export interface RailsOutside {
  behave(rail: RailName, patch: BehaviourPatch): Promise<void>;
  orders(rail: RailName): Promise<readonly RailOrder[]>;
  /** What a rail holds of us in each currency. */
  floats(rail: RailName): Promise<readonly operations.Money[]>;
  /** Decides a pending order: for success, or for a refusal. */
  settle(rail: RailName, reference: string, refusal?: Refusal): Promise<RailOrder>;
  /** The bank sends a transfer back. */
  returnTransfer(reference: string): Promise<RailOrder>;
  /** Money comes in over the bank. */
  credit(credit: operations.Money & { sender: string; remittance: string; bankReference: string }): Promise<void>;
}

export function railsOutside(platform: Pick<TestPlatform, 'addressOf'>): RailsOutside {
  const base = new URL('/sandbox/rails/', platform.addressOf('rails-sandbox'));
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, base), { method, ...(body && { headers, body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<T>;
  };
  return {
    behave: async (rail, patch) => void (await call('PATCH', `${rail}/behaviour`, patch)),
    orders: (rail) => call('GET', `${rail}/orders`),
    floats: async (rail) => (await call<{ floats: operations.Money[] }>('GET', rail)).floats,
    settle: (rail, reference, refusal) =>
      call('POST', `${rail}/orders/${reference}/settle`, refusal === undefined ? {} : { refusal }),
    returnTransfer: (reference) => call('POST', `bank/orders/${reference}/return`, {}),
    credit: async (credit) => void (await call('POST', 'bank/credits', credit)),
  };
}

/** What the sandbox's rails hold of us in each of their currencies at first, in minor units. */
const firstFloat = 100_000_000n;

/** What rails have done and hold, from their own books alone, a line for each. */
export interface RailBooks {
  /** Every order that a rail has taken: rail, reference, direction, amount in minor units, currency, state. */
  readonly orders: readonly string[];
  /** What each rail has more or less of us than at first: rail, currency, minor units; nothing where that is nothing. */
  readonly held: readonly string[];
}

export async function railBooks(platform: Pick<TestPlatform, 'addressOf'>): Promise<RailBooks> {
  const outside = railsOutside(platform);
  const books = await Promise.all(
    railNames.map(async (rail) => {
      const [orders, floats] = await Promise.all([outside.orders(rail), outside.floats(rail)]);
      return { orders: orders.map((order) => lineOf(rail, order)), held: heldBy(rail, floats) };
    }),
  );
  return { orders: books.flatMap(({ orders }) => orders), held: books.flatMap(({ held }) => held) };
}

function lineOf(rail: RailName, { reference, direction, amount, state }: RailOrder): string {
  return [rail, reference.replaceAll('-', ''), direction, minorUnits(amount.amount), amount.currency, state].join(' ');
}

function heldBy(rail: RailName, floats: readonly operations.Money[]): string[] {
  return floats.flatMap(({ amount, currency }) => {
    const change = minorUnits(amount) - firstFloat;
    return change === 0n ? [] : [`${rail} ${currency} ${change}`];
  });
}

/** Of the sandbox's currencies, which all have two digits. */
export function minorUnits(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''));
}

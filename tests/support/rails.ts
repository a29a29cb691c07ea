import { query } from '@paygraph/database/testing';
import type { BehaviourPatch, RailName, Refusal } from '@paygraph/rails-sandbox';
import type { operations } from '@paygraph/standalone/client';
import { expect } from 'vitest';
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

export function railsOutside(platform: TestPlatform): RailsOutside {
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

/** Every rail of the sandbox. */
export const railNames = ['mtn-momo', 'airteltigo-money', 'telecel-cash', 'bank'] as const satisfies RailName[];

/** What the sandbox's rails hold of us in each of their currencies at first, in minor units. */
const firstFloat = 100_000_000n;

/**
 * What rails say they did is what payment says of its attempts, and the money with each rail is what the ledger shows:
 * nothing was carried out twice, or without anybody knowing. To be called when everything has come to rest.
 */
export async function expectRailsAgreement(platform: TestPlatform): Promise<void> {
  const outside = railsOutside(platform);
  const { payment, ledger } = platform.databases;
  const orders = (
    await Promise.all(railNames.map(async (rail) => (await outside.orders(rail)).map((order) => ({ rail, order }))))
  ).flat();
  const attempts = (await query(payment.migrationUrl, attemptsSql)) as { line: string }[];
  const said = orders.map(({ rail, order }) => lineOf(rail, order));
  expect(said.sort(), 'what rails did and what payment says they did').toEqual(attempts.map(({ line }) => line).sort());

  const held = (await query(ledger.migrationUrl, clearingSql)) as { line: string }[];
  const moved = await Promise.all(railNames.map(async (rail) => movedOf(rail, await outside.floats(rail))));
  expect(held.map(({ line }) => line).sort(), 'what the books hold with rails').toEqual(moved.flat().sort());
}

/** What a rail has more or less of us than at first, in the words of {@link clearingSql}; nothing where that is nothing. */
function movedOf(rail: RailName, floats: readonly operations.Money[]): string[] {
  return floats.flatMap(({ amount, currency }) => {
    const change = minorUnits(amount) - firstFloat;
    return change === 0n ? [] : [`${rail} ${currency} ${change}`];
  });
}

/** Attempts that a rail has, in the words of {@link lineOf}. */
const attemptsSql = `
  SELECT concat_ws(' ', rail, replace(reference::text, '-', ''), direction, amount, currency, CASE state
    WHEN 'CONFIRMED' THEN 'SUCCEEDED' WHEN 'REFUSED' THEN 'FAILED' ELSE state::text END) AS line
  FROM payment_attempt WHERE state IN ('CONFIRMED', 'REFUSED', 'RETURNED')`;

const clearingSql = `
  SELECT concat_ws(' ', rail, currency, debits_posted - credits_posted) AS line FROM account
  WHERE purpose = 'RAIL_CLEARING' AND rail <> 'manual' AND debits_posted <> credits_posted`;

function lineOf(rail: RailName, { reference, direction, amount, state }: RailOrder): string {
  return [rail, reference.replaceAll('-', ''), direction, minorUnits(amount.amount), amount.currency, state].join(' ');
}

/** Of the sandbox's currencies, which all have two digits. */
function minorUnits(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''));
}

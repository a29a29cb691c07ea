import { query } from '@paygraph/database/testing';
import type { Person } from '@paygraph/standalone/client';
import { expect, vi } from 'vitest';
import type { Customer, TestPlatform } from '../support/platform.ts';

/** Those who follow what happens to all payments, and to a wallet, from before the first until after the last. */
export interface Followers {
  /** Waits until they have seen everything, and compares it with what the databases have. */
  expectWhole(platform: TestPlatform): Promise<void>;
}

interface PaymentEvent {
  readonly paymentsActivity: {
    readonly cursor: string;
    readonly change: { readonly sequence: number; readonly payment: { readonly id: string } };
  };
}
interface WalletEvent {
  readonly walletActivity: { readonly cursor: string };
}

const paymentsActivity = `subscription ($after: String) {
  paymentsActivity(after: $after) { cursor change { sequence payment { id } } }
}`;
const walletActivity = `subscription ($walletId: ID!, $after: String) {
  walletActivity(walletId: $walletId, after: $after) { cursor }
}`;

/** Staff follow all payments, each customer their wallet in dollars. */
export function follow(staff: Person, customers: readonly Customer[]): Followers {
  const payments = collect<PaymentEvent>(staff, paymentsActivity, {});
  const wallets = customers.map((customer) => {
    const walletId = customer.wallet('USD');
    return { walletId, events: collect<WalletEvent>(customer, walletActivity, { walletId }) };
  });
  return {
    async expectWhole({ databases }) {
      const steps = (await query(
        databases.payment.migrationUrl,
        'SELECT payment_id AS id, sequence FROM payment_timeline ORDER BY id, sequence',
      )) as { id: string; sequence: number }[];
      await vi.waitFor(() => expect(payments.length).toBeGreaterThanOrEqual(steps.length), waiting);
      const seen = payments.map(({ paymentsActivity }) => paymentsActivity);
      expect(seen.map(({ cursor }) => cursor)).toEqual(numbersTo(seen.length));
      const ordered = [...seen].sort((one, other) => compare(one.change.payment.id, other.change.payment.id));
      expect(ordered.map(({ change }) => ({ id: change.payment.id, sequence: change.sequence }))).toEqual(
        steps.sort((one, other) => compare(one.id, other.id)),
      );
      for (const { walletId, events } of wallets) {
        const sql = 'SELECT version::int AS version FROM account WHERE wallet_id = $1';
        const [{ version = 0 } = {}] = (await query(databases.ledger.migrationUrl, sql, [walletId])) as {
          version: number;
        }[];
        await vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(version), waiting);
        expect(events.map(({ walletActivity }) => walletActivity.cursor)).toEqual(numbersTo(version));
      }
    },
  };
}

const waiting = { timeout: 120_000, interval: 200 };

/** What a subscription brings from the very first event on, as it comes. */
function collect<Event>({ live }: Person, document: string, variables: object): Event[] {
  const events: Event[] = [];
  const collecting = async () => {
    const given = { ...variables, after: '0' };
    for await (const { data, errors } of live.iterate<Event>({ query: document, variables: given })) {
      if (errors || !data) throw new Error(`A follower was told ${JSON.stringify(errors)}`);
      events.push(data);
    }
  };
  // What breaks off is seen by what is missing.
  collecting().catch((error: unknown) => console.error(error));
  return events;
}

function numbersTo(last: number): string[] {
  return Array.from({ length: last }, (_, index) => String(index + 1));
}

/** By code units, as nobody's locale: the sort is stable, so that events of one payment stay in their order. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

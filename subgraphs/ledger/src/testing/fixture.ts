import { createPool, prismaAdapter } from '@paygraph/database';
import { createTestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { type Currency, currencyOf } from '@paygraph/money';
import { expect } from 'vitest';
import type { AccountAddress } from '../account/chart.ts';
import { booksOf } from '../books/books.ts';
import type { NewEntry, NewReservation, NewTransaction, Outcome } from '../engine/commands.ts';
import { createEngine, type EngineOptions } from '../engine/engine.ts';
import { PrismaClient } from '../generated/prisma/client.ts';

export const usd = currencyOf('USD');
export const eur = currencyOf('EUR');
export const jpy = currencyOf('JPY');
export const kwd = currencyOf('KWD');
export const ghs = currencyOf('GHS');
export const xof = currencyOf('XOF');

export const wallet = (walletId: string, currency = usd): AccountAddress => ({ purpose: 'WALLET', walletId, currency });
export const house = (purpose: AccountAddress['purpose'], currency = usd): AccountAddress => ({ purpose, currency });
export const ofRail = (purpose: AccountAddress['purpose'], currency = usd, rail = 'manual'): AccountAddress => ({
  purpose,
  currency,
  rail,
});

export const debit = (account: AccountAddress, amount: bigint): NewEntry => ({ account, direction: 'DEBIT', amount });
export const credit = (account: AccountAddress, amount: bigint): NewEntry => ({ account, direction: 'CREDIT', amount });

/** A transaction with ids of its own where none are given. */
export const transaction = (entries: readonly NewEntry[], given: Partial<NewTransaction> = {}): NewTransaction => ({
  id: newId('txn'),
  kind: 'TRANSFER',
  reference: newId('pay'),
  entries,
  ...given,
});

/** A reservation of an hour, with ids of its own where none are given. */
export const reservation = (entries: readonly NewEntry[], given: Partial<NewReservation> = {}): NewReservation => ({
  id: newId('res'),
  kind: 'TRANSFER',
  reference: newId('pay'),
  entries,
  expiresAt: new Date(Date.now() + 3_600_000),
  ...given,
});

/** What became of each item: `done`, or the code of its refusal. */
export const codes = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((outcome) => (outcome.done ? 'done' : outcome.code));

/** A client of a database, to be disconnected. */
export const connectTo = (url: string): PrismaClient => new PrismaClient({ adapter: prismaAdapter({ url }) });

export type TestLedger = Awaited<ReturnType<typeof openTestLedger>>;

/** A ledger of its own for a test file. Closing it proves that its books are sound. */
export async function openTestLedger() {
  const { databaseUrl, migrationUrl, drop } = await createTestDatabase('ledger');
  const clients: PrismaClient[] = [];
  const connect = (url = databaseUrl) => {
    const client = connectTo(url);
    clients.push(client);
    return client;
  };
  const database = connect();
  const pools: ReturnType<typeof createPool>[] = [];
  const engineOf = (options?: EngineOptions) => {
    const pool = createPool({ url: databaseUrl });
    pools.push(pool);
    return createEngine(pool, options);
  };
  const engine = engineOf();

  const openWallet = async ({ currency = usd, funds = 0n, ownerId = newId('cus') }: WalletOptions = {}) => {
    const walletId = newId('wal');
    expect(codes(await engine.openAccounts([{ walletId, ownerId, currency }]))).toEqual(['done']);
    if (funds > 0n) {
      const entries = [debit(ofRail('RAIL_CLEARING', currency), funds), credit(wallet(walletId, currency), funds)];
      expect(codes(await engine.post([transaction(entries, { kind: 'COLLECTION' })]))).toEqual(['done']);
    }
    return walletId;
  };

  /** What every account holds: posted on its normal side, in minor units, by the account's name. */
  const holdings = async (): Promise<Map<string, bigint>> => {
    const accounts = await database.account.findMany();
    return new Map(
      accounts.map(({ address, normalBalance, creditsPosted, debitsPosted }) => [
        address,
        normalBalance === 'CREDIT' ? creditsPosted - debitsPosted : debitsPosted - creditsPosted,
      ]),
    );
  };

  /** What `act` changes in the accounts' holdings, by the account's name. */
  const changesBy = async (act: () => Promise<void>): Promise<Record<string, bigint>> => {
    const before = await holdings();
    await act();
    const changes = [...(await holdings())].map(([name, amount]) => [name, amount - (before.get(name) ?? 0n)] as const);
    return Object.fromEntries(changes.filter(([, change]) => change !== 0n));
  };

  return {
    databaseUrl,
    migrationUrl,
    database,
    engine,
    openWallet,
    holdings,
    changesBy,
    /** An engine of its own on the same database, as another process has. */
    anotherEngine: engineOf,
    /** The database as its owner, who may write by hand. */
    asOwner: () => connect(migrationUrl),
    close: async () => {
      const { faults } = await booksOf(databaseUrl);
      await Promise.all([...clients.map((client) => client.$disconnect()), ...pools.map((pool) => pool.end())]);
      await drop();
      expect(faults).toEqual([]);
    },
  };
}

interface WalletOptions {
  readonly currency?: Currency;
  /** Minor units to begin with. */
  readonly funds?: bigint;
  readonly ownerId?: string;
}

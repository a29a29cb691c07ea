import type { Links } from '@paygraph/auth';
import { createLoader, type RequestScope } from '@paygraph/subgraph';
import DataLoader from 'dataloader';
import type { Account } from './account/account.ts';
import type { AccountStore } from './account/store.ts';
import type { TrialBalanceStore } from './account/trial-balance.ts';
import type { Activity } from './activity/subscription.ts';
import type { LedgerEngine } from './engine/engine.ts';
import type { EntryStore, Instant, Standing } from './entry/store.ts';
import { groupBy } from './group-by.ts';
import type { Entry, Transaction, TransactionStore } from './transaction/store.ts';

/** A payment as other subgraphs refer to it. */
export interface PaymentReference {
  readonly id: string;
}

/** A wallet as other subgraphs refer to it. */
export interface WalletReference {
  readonly id: string;
}

/** An entry that was posted to a wallet. */
export interface PostedEntry {
  readonly walletId: string;
  readonly entry: Entry;
}

/** What resolvers work with, beside the request's own scope. */
export interface LedgerStores {
  readonly engine: LedgerEngine;
  readonly accounts: AccountStore;
  readonly transactions: TransactionStore;
  readonly entries: EntryStore;
  readonly trialBalance: TrialBalanceStore;
  readonly activity: Activity;
  /** Of exports. */
  readonly links: Links;
}

/** What resolvers work with. */
export interface Context extends RequestScope, LedgerStores {
  readonly accountById: DataLoader<string, Account | null>;
  readonly accountByWallet: DataLoader<string, Account | null>;
  readonly transactionById: DataLoader<string, Transaction | null>;
  readonly transactionsByReference: DataLoader<string, Transaction[]>;
  readonly entriesByTransaction: DataLoader<string, Entry[]>;
  readonly standingAt: DataLoader<Instant, Standing, string>;
}

type Loaders = Omit<Context, keyof RequestScope | keyof LedgerStores>;

/** The context of one operation, with loaders of its own: made when one of them is first needed, which is by no command. */
export function contextOf(scope: RequestScope, stores: LedgerStores): Context {
  let made: Loaders | undefined;
  const loaders = () => {
    made ??= loadersOf(stores);
    return made;
  };
  return {
    ...scope,
    ...stores,
    get accountById() {
      return loaders().accountById;
    },
    get accountByWallet() {
      return loaders().accountByWallet;
    },
    get transactionById() {
      return loaders().transactionById;
    },
    get transactionsByReference() {
      return loaders().transactionsByReference;
    },
    get entriesByTransaction() {
      return loaders().entriesByTransaction;
    },
    get standingAt() {
      return loaders().standingAt;
    },
  };
}

function loadersOf({ accounts, transactions, entries }: LedgerStores): Loaders {
  return {
    accountById: createLoader(accounts.byIds),
    accountByWallet: createLoader(accounts.byWalletIds, ({ walletId }) => walletId ?? ''),
    transactionById: createLoader(transactions.byIds),
    transactionsByReference: groupLoader(transactions.byReferences, ({ reference }) => reference),
    entriesByTransaction: groupLoader(transactions.entriesOf, ({ transactionId }) => transactionId),
    standingAt: new DataLoader<Instant, Standing, string>((asked) => entries.standingsAt(asked), {
      cacheKeyFn: ({ accountId, at }) => `${accountId} ${at.getTime()}`,
      maxBatchSize: 500,
    }),
  };
}

/** Loads the rows of each key, those asked for in one tick with one call of `batch`. */
function groupLoader<Row>(batch: (keys: readonly string[]) => Promise<Row[]>, keyOf: (row: Row) => string) {
  return new DataLoader<string, Row[]>(
    async (keys) => {
      const groups = groupBy(await batch(keys), keyOf);
      return keys.map((key) => groups.get(key) ?? []);
    },
    { maxBatchSize: 500 },
  );
}

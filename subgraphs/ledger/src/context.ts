import type { Links } from '@paygraph/auth';
import { createLoader, type RequestScope } from '@paygraph/subgraph';
import DataLoader from 'dataloader';
import type { AccountStore } from './account/store.ts';
import type { TrialBalanceStore } from './account/trial-balance.ts';
import type { Activity } from './activity/subscription.ts';
import type { LedgerEngine } from './engine/engine.ts';
import type { IsAtHand } from './entry/history.ts';
import type { EntryStore, Instant, Standing } from './entry/store.ts';
import { groupBy } from './group-by.ts';
import type { Entry, TransactionStore } from './transaction/store.ts';

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
  readonly isAtHand: IsAtHand;
  readonly trialBalance: TrialBalanceStore;
  readonly activity: Activity;
  /** Of exports. */
  readonly links: Links;
}

type Loaders = ReturnType<typeof loadersOf>;

/** What resolvers work with in one operation. Its loaders are made when one of them is first needed, which is by no command. */
export class Context implements RequestScope, LedgerStores {
  readonly principal: RequestScope['principal'];
  readonly requestId: string;
  readonly logger: RequestScope['logger'];
  readonly event: RequestScope['event'];
  readonly engine: LedgerEngine;
  readonly accounts: AccountStore;
  readonly transactions: TransactionStore;
  readonly entries: EntryStore;
  readonly isAtHand: IsAtHand;
  readonly trialBalance: TrialBalanceStore;
  readonly activity: Activity;
  readonly links: Links;
  /** Not `#loaders`: Apollo Server works with a copy of what it is given. */
  private made: Loaders | undefined;

  constructor(scope: RequestScope, stores: LedgerStores) {
    this.principal = scope.principal;
    this.requestId = scope.requestId;
    this.logger = scope.logger;
    this.event = scope.event;
    this.engine = stores.engine;
    this.accounts = stores.accounts;
    this.transactions = stores.transactions;
    this.entries = stores.entries;
    this.isAtHand = stores.isAtHand;
    this.trialBalance = stores.trialBalance;
    this.activity = stores.activity;
    this.links = stores.links;
  }

  get loaders(): Loaders {
    this.made ??= loadersOf(this);
    return this.made;
  }
}

function loadersOf({ accounts, transactions, entries }: LedgerStores) {
  return {
    accountById: createLoader(accounts.byIds),
    accountByWallet: createLoader(accounts.byWalletIds, ({ walletId }) => walletId ?? ''),
    transactionById: createLoader(transactions.byIds),
    transactionsByReference: groupLoader(transactions.byReferences, ({ reference }) => reference),
    entriesByTransaction: groupLoader(transactions.entriesOf, ({ transactionId }) => transactionId),
    standingAt: new DataLoader<Instant, Standing | undefined, string>((asked) => entries.standingsAt(asked), {
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

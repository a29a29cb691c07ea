import { anonymous, createLinks, generateSigningKey } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAccountStore } from './account/store.ts';
import { createTrialBalanceStore } from './account/trial-balance.ts';
import { Context } from './context.ts';
import { createHistoryReader } from './entry/history.ts';
import { createEntryStore } from './entry/store.ts';
import { credit, debit, house, openTestLedger, type TestLedger, transaction } from './testing/fixture.ts';
import { createTransactionStore } from './transaction/store.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

/** A context whose stores write down how often each is asked, and for how many. */
function countingContext() {
  const asked: [string, number][] = [];
  const counted = <Row>(name: string, read: (ids: readonly string[]) => Promise<Row[]>) => {
    return (ids: readonly string[]) => {
      asked.push([name, ids.length]);
      return read(ids);
    };
  };
  const accounts = createAccountStore(ledger.database);
  const transactions = createTransactionStore(ledger.database);
  const context = new Context(
    { principal: anonymous, requestId: newId('req'), logger: createLogger({ service: 'ledger', level: 'silent' }) },
    {
      engine: ledger.engine,
      activity: { follow: () => Promise.reject(new Error('Nobody follows')) },
      links: createLinks({ key: generateSigningKey(), use: 'test', lifetime: 1 }),
      trialBalance: createTrialBalanceStore(ledger.database),
      entries: createEntryStore(ledger.database),
      isAtHand: createHistoryReader(ledger.database),
      accounts: {
        ...accounts,
        byIds: counted('accounts', accounts.byIds),
        byWalletIds: counted('wallets', accounts.byWalletIds),
      },
      transactions: {
        ...transactions,
        byIds: counted('transactions', transactions.byIds),
        byReferences: counted('payments', transactions.byReferences),
        entriesOf: counted('entries', transactions.entriesOf),
      },
    },
  );
  return { asked, context };
}

it('asks once for everything of one kind that an operation needs at a time', async () => {
  const wallets = await Promise.all([ledger.openWallet({ funds: 1n }), ledger.openWallet({ funds: 1n })]);
  const { asked, context } = countingContext();
  const accounts = await Promise.all([...wallets, newId('wal')].map((id) => context.loaders.accountByWallet.load(id)));
  expect(accounts.map((account) => account?.walletId)).toEqual([...wallets, undefined]);
  expect(asked).toEqual([['wallets', 3]]);
});

it('gives each payment its own transactions, and each transaction its own entries, in their order', async () => {
  const references = [newId('pay'), newId('pay'), newId('pay')];
  const posted = [0, 1, 0].map((which) =>
    transaction([debit(house('SETTLEMENT'), 5n), credit(house('SUSPENSE'), 5n)], {
      reference: references[which] ?? '',
    }),
  );
  await ledger.engine.post(posted);
  const { asked, context } = countingContext();
  const found = await Promise.all(
    references.map((reference) => context.loaders.transactionsByReference.load(reference)),
  );
  expect(found.map((each) => each.map(({ id }) => id))).toEqual([[posted[0]?.id, posted[2]?.id], [posted[1]?.id], []]);
  const entries = await Promise.all(posted.map(({ id }) => context.loaders.entriesByTransaction.load(id)));
  expect(entries.map((each) => each.map(({ position }) => position))).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(asked).toEqual([
    ['payments', 3],
    ['entries', 3],
  ]);
});

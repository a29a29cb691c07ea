import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAccountStore } from './account/store.ts';
import { openTestLedger, type TestLedger } from './testing/fixture.ts';
import { createTransactionStore } from './transaction/store.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

it('what no database could hold the name of is not there', async () => {
  const accounts = createAccountStore(ledger.database);
  const transactions = createTransactionStore(ledger.database);
  for (const name of ['\0', 'a\0b']) {
    expect(await accounts.byIds([name])).toEqual([]);
    expect(await accounts.byWalletIds([name])).toEqual([]);
    for (const filter of [{ ownerId: name }, { addressPrefix: name }, { rail: name }, { walletId: name }])
      expect(await accounts.page(filter, { limit: 1, cursor: undefined, backward: false })).toEqual([]);
    expect(await transactions.byIds([name])).toEqual([]);
    expect(await transactions.byReferences([name])).toEqual([]);
  }
  const walletId = await ledger.openWallet();
  expect(await accounts.byWalletIds(['\0', walletId])).toHaveLength(1);
});

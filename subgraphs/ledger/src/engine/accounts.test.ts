import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountScopes, addressText } from '../account/chart.ts';
import type { AccountPurpose, AccountStatus } from '../generated/prisma/enums.ts';
import {
  codes,
  credit,
  debit,
  eur,
  house,
  ofRail,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  usd,
  wallet,
} from '../testing/fixture.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

describe('the chart of accounts', () => {
  it('is the same in the database and in the process', async () => {
    const chart = await ledger.database.chartOfAccounts.findMany();
    expect(Object.fromEntries(chart.map(({ purpose, scope }) => [purpose, scope]))).toEqual(accountScopes);
  });

  it('opens accounts of the house on first use, as it says', async () => {
    const purposes = Object.keys(accountScopes).filter((purpose): purpose is AccountPurpose => purpose !== 'WALLET');
    const accounts = purposes.map((purpose) => (accountScopes[purpose] === 'RAIL' ? ofRail(purpose) : house(purpose)));
    const entries = accounts.map((account) => credit(account, 1n));
    await ledger.engine.post([transaction([...entries, debit(house('SETTLEMENT'), BigInt(entries.length))])]);
    const chart = await ledger.database.chartOfAccounts.findMany();
    for (const account of accounts) {
      const opened = await ledger.database.account.findUnique({ where: { address: addressText(account) } });
      const rules = chart.find(({ purpose }) => purpose === account.purpose);
      expect(opened).toMatchObject({ ...account, normalBalance: rules?.normalBalance });
      expect(opened?.floor).toBe(rules?.policy === 'FLOOR' ? 0n : null);
    }
  });
});

describe('a wallet’s account', () => {
  it('is opened once, for one owner and currency', async () => {
    const account = { walletId: newId('wal'), ownerId: newId('cus'), currency: usd };
    const outcomes = await ledger.engine.openAccounts([
      account,
      account,
      { ...account, ownerId: newId('cus') },
      { ...account, currency: eur },
    ]);
    expect(codes(outcomes)).toEqual(['done', 'done', 'IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_CONFLICT']);
  });

  it('takes nothing before it is opened', async () => {
    const walletId = newId('wal');
    const collection = transaction([debit(ofRail('RAIL_CLEARING'), 1n), credit(wallet(walletId), 1n)]);
    expect(await ledger.engine.post([collection])).toMatchObject([{ code: 'ACCOUNT_NOT_FOUND', account: walletId }]);
    const frozen = await ledger.engine.setAccountStatuses([{ walletId, status: 'FROZEN' }]);
    expect(frozen).toMatchObject([{ id: walletId, code: 'ACCOUNT_NOT_FOUND' }]);
  });

  it.each<[AccountStatus, string, string]>([
    ['OPEN', 'done', 'done'],
    ['FROZEN_DEBIT', 'ACCOUNT_FROZEN', 'done'],
    ['FROZEN_CREDIT', 'done', 'ACCOUNT_FROZEN'],
    ['FROZEN', 'ACCOUNT_FROZEN', 'ACCOUNT_FROZEN'],
  ])('that is %s answers a debit with %s and a credit with %s', async (status, onDebit, onCredit) => {
    const walletId = await ledger.openWallet({ funds: 10n });
    expect(codes(await ledger.engine.setAccountStatuses([{ walletId, status }]))).toEqual(['done']);
    const out = [debit(wallet(walletId), 1n), credit(house('FEE_REVENUE'), 1n)];
    const into = [debit(house('FEE_REVENUE'), 1n), credit(wallet(walletId), 1n)];
    expect(codes(await ledger.engine.post([transaction(out), transaction(into)]))).toEqual([onDebit, onCredit]);
    expect(codes(await ledger.engine.reserve([reservation(out), reservation(into)]))).toEqual([onDebit, onCredit]);
    await ledger.engine.setAccountStatuses([{ walletId, status: 'OPEN' }]);
    expect(codes(await ledger.engine.post([transaction(out)]))).toEqual(['done']);
  });

  it('is closed for good, and only when nothing is in it or under way', async () => {
    const walletId = await ledger.openWallet({ funds: 10n });
    const close = async () => codes(await ledger.engine.setAccountStatuses([{ walletId, status: 'CLOSED' }]));
    expect(await close()).toEqual(['ACCOUNT_NOT_EMPTY']);
    await ledger.engine.post([transaction([debit(wallet(walletId), 10n), credit(house('FEE_REVENUE'), 10n)])]);
    const arriving = reservation([debit(house('FEE_REVENUE'), 1n), credit(wallet(walletId), 1n)]);
    await ledger.engine.reserve([arriving]);
    expect(await close()).toEqual(['ACCOUNT_NOT_EMPTY']);
    await ledger.engine.void([arriving.id]);
    expect(await close()).toEqual(['done']);
    expect(await close()).toEqual(['done']);
    expect(codes(await ledger.engine.setAccountStatuses([{ walletId, status: 'OPEN' }]))).toEqual(['ACCOUNT_CLOSED']);
    expect(codes(await ledger.engine.reserve([{ ...arriving, id: newId('res') }]))).toEqual(['ACCOUNT_CLOSED']);
  });
});

describe('64 bits', () => {
  const most = 2n ** 63n - 1n;

  it('hold no more on a side than they can, pending included, and the rest of the list is decided', async () => {
    const rail = 'full';
    const into = (amount: bigint) => [
      debit(ofRail('RAIL_CLEARING', usd, rail), amount),
      credit(ofRail('RAIL_COST', usd, rail), amount),
    ];
    const outcomes = await ledger.engine.post([transaction(into(most - 10n)), transaction(into(11n))]);
    expect(codes(outcomes)).toEqual(['done', 'OVERFLOW']);
    expect(outcomes).toMatchObject([{ done: true }, { account: 'RAIL_CLEARING/USD/full' }]);
    expect(codes(await ledger.engine.reserve([reservation(into(4n)), reservation(into(7n))]))).toEqual([
      'done',
      'OVERFLOW',
    ]);
    expect(codes(await ledger.engine.post([transaction(into(7n)), transaction(into(6n))]))).toEqual([
      'OVERFLOW',
      'done',
    ]);
  });
});

it('a rail may have any name of letters, also one that means nothing elsewhere', async () => {
  for (const rail of ['null', 'NULL', 'nan', 'true']) {
    const entries = [debit(ofRail('RAIL_CLEARING', usd, rail), 5n), credit(ofRail('PAYOUT_TRANSIT', usd, rail), 5n)];
    expect(codes(await ledger.engine.post([transaction(entries)]))).toEqual(['done']);
    expect((await ledger.holdings()).get(`PAYOUT_TRANSIT/USD/${rail}`)).toBe(5n);
  }
});

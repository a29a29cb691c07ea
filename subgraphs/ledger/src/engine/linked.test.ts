import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  codes,
  credit,
  debit,
  house,
  ofRail,
  openTestLedger,
  type TestLedger,
  transaction,
  usd,
  wallet,
} from '../testing/fixture.ts';
import type { NewTransaction } from './commands.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const pay = (from: string, to: string, amount: bigint, given: Partial<NewTransaction> = {}) =>
  transaction([debit(wallet(from), amount), credit(wallet(to), amount)], given);
const linked = { linkedWithNext: true };
const balanceOf = async (walletId: string) => (await ledger.holdings()).get(walletId);

describe('linked transactions', () => {
  it('post together, each on what those before it have left', async () => {
    const [a, b, c] = [await ledger.openWallet({ funds: 10n }), await ledger.openWallet(), await ledger.openWallet()];
    expect(codes(await ledger.engine.post([pay(a, b, 10n, linked), pay(b, c, 10n)]))).toEqual(['done', 'done']);
    expect(await balanceOf(c)).toBe(10n);
  });

  it('post all or none, and others in the same list are decided as if they had not been there', async () => {
    const [a, b] = [await ledger.openWallet({ funds: 10n }), await ledger.openWallet()];
    const outcomes = await ledger.engine.post([
      pay(a, b, 4n, linked),
      pay(a, b, 4n, linked),
      pay(a, b, 4n),
      pay(a, b, 10n),
      pay(b, a, 1n, linked),
      pay(b, a, 2n),
      pay(a, b, 4n),
    ]);
    expect(codes(outcomes)).toEqual([
      'LINKED_REFUSED',
      'LINKED_REFUSED',
      'INSUFFICIENT_FUNDS',
      'done',
      'done',
      'done',
      'INSUFFICIENT_FUNDS',
    ]);
    expect(await balanceOf(b)).toBe(7n);
  });

  it('are refused together for what is wrong with one at sight', async () => {
    const [a, b] = [await ledger.openWallet({ funds: 10n }), await ledger.openWallet()];
    const outcomes = await ledger.engine.post([pay(a, b, 1n, linked), pay(a, b, 0n, linked), pay(a, b, 1n)]);
    expect(codes(outcomes)).toEqual(['LINKED_REFUSED', 'INVALID_AMOUNT', 'LINKED_REFUSED']);
    expect(await balanceOf(b)).toBe(0n);
  });

  it('are answered alike when they are repeated, and may not be repeated in other company', async () => {
    const [a, b] = [await ledger.openWallet({ funds: 10n }), await ledger.openWallet()];
    const [first, second] = [pay(a, b, 1n, linked), pay(a, b, 2n)];
    expect(codes(await ledger.engine.post([first, second, first, second]))).toEqual(['done', 'done', 'done', 'done']);
    expect(codes(await ledger.engine.post([second]))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(codes(await ledger.engine.post([first, pay(a, b, 1n)]))).toEqual(['IDEMPOTENCY_CONFLICT', 'LINKED_REFUSED']);
    expect(await balanceOf(b)).toBe(3n);
  });

  it('are never cut apart, however full the batches are', async () => {
    const [a, b] = [await ledger.openWallet({ funds: 1_000n }), await ledger.openWallet()];
    const group = Array.from({ length: 60 }, (_, index) => pay(a, b, 1n, { linkedWithNext: index < 59 }));
    const lists = Array.from({ length: 10 }, () => group.map((each) => ({ ...each, id: newId('txn') })));
    await Promise.all(lists.map((list) => ledger.engine.post(list)));
    const [poor] = [await ledger.openWallet({ funds: 59n })];
    const tooMuch = lists[0]?.map((each) => ({ ...each, id: newId('txn'), entries: pay(poor, b, 1n).entries })) ?? [];
    const outcomes = codes(await ledger.engine.post([pay(a, b, 1n), ...tooMuch]));
    expect(new Set(outcomes.slice(1, -1))).toEqual(new Set(['LINKED_REFUSED']));
    expect([outcomes[0], outcomes.at(-1)]).toEqual(['done', 'INSUFFICIENT_FUNDS']);
    expect(await balanceOf(b)).toBe(601n);
  });

  it('are refused together when their sums are beyond 64 bits', async () => {
    const entries = (amount: bigint) => [
      debit(ofRail('RAIL_CLEARING', usd, 'vast'), amount),
      credit(ofRail('RAIL_COST', usd, 'vast'), amount),
    ];
    const [vast, more] = [transaction(entries(2n ** 63n - 12n), linked), transaction(entries(12n))];
    // A batch without a refusal has the next one posted at once.
    expect(codes(await ledger.engine.post([transaction(entries(1n))]))).toEqual(['done']);
    for (let time = 0; time < 2; time += 1)
      expect(codes(await ledger.engine.post([vast, more]))).toEqual(['LINKED_REFUSED', 'OVERFLOW']);
    expect(codes(await ledger.engine.post([{ ...vast, id: newId('txn'), linkedWithNext: false }]))).toEqual(['done']);
  });

  it.each<[string, () => NewTransaction[]]>([
    ['nothing', () => [transaction([], linked)]],
    ['themselves', () => [transaction([], { id: 'txn_1', ...linked }), transaction([], { id: 'txn_1' })]],
    ['more than 64', () => Array.from({ length: 65 }, (_, index) => transaction([], { linkedWithNext: index < 64 }))],
  ])('may not be linked with %s', async (_what, list) => {
    const sound = [debit(house('SETTLEMENT'), 1n), credit(house('SUSPENSE'), 1n)];
    const outcomes = await ledger.engine.post(list().map((each) => ({ ...each, entries: sound })));
    expect(new Set(codes(outcomes))).toEqual(new Set(['INVALID_INPUT']));
  });
});

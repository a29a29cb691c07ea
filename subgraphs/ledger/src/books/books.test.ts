import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { credit, debit, house, openTestLedger, reservation, type TestLedger, wallet } from '../testing/fixture.ts';
import { booksOf, faultsIn } from './books.ts';

/** In ms, for a machine that has much else to do. */
const patience = { maxWait: 20_000, timeout: 20_000 };

let ledger: TestLedger;
let owner: PrismaClient;

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  const walletId = await ledger.openWallet({ funds: 1000n });
  await ledger.openWallet({ funds: 500n });
  await ledger.engine.reserve([reservation([debit(wallet(walletId), 300n), credit(house('SUSPENSE'), 300n)])]);
});

afterAll(() => ledger.close());

/** The faults after a change that only somebody can make who switches the triggers off; then the change is taken back. */
async function faultsAfter(table: string, statement: string): Promise<readonly string[]> {
  const undone = new Error('undone');
  let faults: readonly string[] = [];
  const tampering = owner.$transaction(async (books) => {
    await books.$executeRawUnsafe(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await books.$executeRawUnsafe(statement);
    faults = await faultsIn(books);
    throw undone;
  }, patience);
  await expect(tampering).rejects.toBe(undone);
  return faults;
}

it('sound books have sums that agree and no faults', async () => {
  expect(await booksOf(ledger.databaseUrl)).toEqual({
    head: { sequence: 2n, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    currencies: [{ currency: 'USD', debits: 1500n, credits: 1500n }],
    signed: { count: 0, last: undefined, fault: undefined },
    witnessed: undefined,
    faults: [],
  });
});

it.each([
  ['an altered amount', 'entry', 'UPDATE entry SET amount = amount + 1 WHERE position = 1 AND version = 1', /differ/],
  [
    'an altered balance',
    'entry',
    'UPDATE entry SET balance = balance + 1 WHERE version = 1',
    /does not follow the one/,
  ],
  ['a deleted entry', 'entry', 'DELETE FROM entry WHERE version = 2', /does not have the entries/],
  [
    'a deleted transaction',
    'transaction',
    'DELETE FROM transaction WHERE sequence = 1',
    /does not follow the transaction/,
  ],
  ['a deleted last transaction', 'transaction', 'DELETE FROM transaction WHERE sequence = 2', /the head is not/],
  [
    'a changed order',
    'transaction',
    "UPDATE transaction SET posted_at = now() + interval '1 day' WHERE sequence = 1",
    /does not follow the transaction/,
  ],
  [
    'a capture of what was never held',
    'transaction',
    "UPDATE transaction SET reservation_id = 'res_none' WHERE sequence = 1",
    /res_none was captured for 1000 on account \d+, which it never held/,
  ],
  [
    'a reversal of what was never moved',
    'transaction',
    'UPDATE transaction SET reverses = id WHERE sequence = 1',
    /was taken back for 1000 of 0/,
  ],
  ['an altered counter', 'account', 'UPDATE account SET credits_posted = credits_posted + 1', /are not the sums/],
  ['an altered version', 'account', 'UPDATE account SET version = version + 1', /are not the sums/],
  [
    'an altered hold',
    'account',
    'UPDATE account SET credits_pending = credits_pending + 1',
    /is not what its reservations hold/,
  ],
  [
    'a hold that shrank',
    'reservation',
    'UPDATE reservation SET remaining[1] = remaining[1] - 1, remaining[2] = remaining[2] - 1',
    /was captured for 0 of 300/,
  ],
  [
    'a reservation that was never so large',
    'reservation',
    "UPDATE reservation SET amounts = '{299,299}', remaining = '{299,299}'",
    /is not what its reservations hold/,
  ],
])('%s is found', async (_what, table, statement, fault) => {
  const faults = await faultsAfter(table, statement);
  expect(faults.filter((each) => fault.test(each))).not.toEqual([]);
});

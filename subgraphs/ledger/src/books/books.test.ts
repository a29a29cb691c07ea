import { newId } from '@paygraph/ids';
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
  const fee = [debit(wallet(walletId), 7n), credit(house('FEE_REVENUE'), 7n)];
  await ledger.engine.reserve([{ ...reservation(fee), captureAs: newId('txn') }]);
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
    head: { sequence: 3n, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    currencies: [{ currency: 'USD', debits: 1507n, credits: 1507n }],
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
  ['a deleted entry', 'entry', 'DELETE FROM entry WHERE version = 2', /^entry 1 of txn_\w+ is missing/],
  [
    'a deleted transaction',
    'transaction',
    'DELETE FROM transaction WHERE sequence = 1',
    /does not follow the transaction/,
  ],
  ['a deleted last transaction', 'transaction', 'DELETE FROM transaction WHERE sequence = 3', /the head is not/],
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
    'a lifted floor',
    'account',
    "UPDATE account SET floor = NULL WHERE purpose = 'SUSPENSE'",
    /^SUSPENSE\/USD has not the side or the floor/,
  ],
  [
    'a floor that only wallets may have',
    'account',
    "UPDATE account SET floor = -5 WHERE purpose = 'SUSPENSE'",
    /^SUSPENSE\/USD has not the side or the floor/,
  ],
  [
    'a hold that shrank',
    'reservation',
    "UPDATE reservation SET remaining = '{299,299}' WHERE state = 'RESERVED'",
    /was captured for 0 of 300/,
  ],
  [
    'a reservation that was never so large',
    'reservation',
    "UPDATE reservation SET amounts = '{299,299}', remaining = '{299,299}' WHERE state = 'RESERVED'",
    /is not what its reservations hold/,
  ],
  [
    'a capture that never was',
    'reservation',
    "UPDATE reservation SET state = 'CAPTURED', resolved_at = now(), remaining = '{0,0}' WHERE state = 'RESERVED'",
    /^res_\w+ is CAPTURED, and no transaction captures it/,
  ],
  [
    'a capture that is denied',
    'reservation',
    "UPDATE reservation SET state = 'VOIDED' WHERE state = 'CAPTURED'",
    /^res_\w+ is VOIDED, and was captured wholly/,
  ],
])('%s is found', async (_what, table, statement, fault) => {
  const faults = await faultsAfter(table, statement);
  expect(faults.filter((each) => fault.test(each))).not.toEqual([]);
});

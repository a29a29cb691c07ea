import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { booksOf, faultsIn } from '../books/books.ts';
import type { NewTransaction } from '../engine/commands.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createProof } from '../proof/proof.ts';
import { createProofWorker } from '../proof/worker.ts';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import { attachMonth, detachMonth, monthAfter, passTo } from '../testing/months.ts';

let ledger: TestLedger;
let owner: PrismaClient;
/** Moved in the first month only, and in every month. */
let resting: string;
let busy: string;
let early: NewTransaction;

const thisMonth = monthAfter(0);
const nextMonth = monthAfter(1);

const spend = async (walletId: string, amount: bigint) => {
  const spent = transaction([debit(wallet(walletId), amount), credit(house('SUSPENSE'), amount)]);
  expect(codes(await ledger.engine.post([spent]))).toEqual(['done']);
  return spent;
};

/** What a run of the scheduled proof finds. */
const prove = () =>
  createProofWorker({
    proof: createProof(ledger.database),
    metrics: undefined,
    logger: createLogger({ service: 'ledger', level: 'silent' }),
    intervalMs: 5,
    rest: 0,
  }).run();
const verify = async () => (await booksOf(ledger.databaseUrl)).faults;

/** What verifying, and the accounts' part of the proof, find after a change behind the triggers, which is then undone. */
async function foundAfter(tables: readonly string[], ...statements: readonly string[]): Promise<string> {
  const undone = new Error('undone');
  let found = '';
  const tampering = owner.$transaction(
    async (books) => {
      for (const table of tables) await books.$executeRawUnsafe(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
      for (const statement of statements) expect(await books.$executeRawUnsafe(statement)).toBeGreaterThan(0);
      const { faults } = await createProof(books as PrismaClient).accountsAfter('');
      found = [...(await faultsIn(books)), ...faults.map((fault) => `proof: ${fault}`)].join('\n');
      throw undone;
    },
    { maxWait: 20_000, timeout: 20_000 },
  );
  await expect(tampering).rejects.toBe(undone);
  return found;
}

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  resting = await ledger.openWallet({ funds: 100n });
  busy = await ledger.openWallet({ funds: 100n });
  early = await spend(resting, 10n);
  const held = reservation([debit(wallet(resting), 20n), credit(house('SUSPENSE'), 20n)]);
  expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
  const part = [debit(wallet(resting), 5n), credit(house('SUSPENSE'), 5n)];
  const capture = { id: newId('txn'), reservationId: held.id, entries: part, releaseRest: false };
  expect(codes(await ledger.engine.capture([capture]))).toEqual(['done']);
});

afterAll(() => ledger.close());

it('a month is detached when it is over and proven, and the first at hand', async () => {
  await expect(detachMonth(owner, nextMonth)).rejects.toThrow(/is not the first month that is attached/);
  await expect(detachMonth(owner, thisMonth)).rejects.toThrow(/it may not be over/);
  await passTo(owner, nextMonth);
  const late = await spend(busy, 10n);
  await expect(detachMonth(owner, thisMonth)).rejects.toThrow(/is not proven yet/);
  expect(await prove()).toEqual([]);
  await expect(attachMonth(owner, thisMonth)).rejects.toThrow(/is not the last month that was detached/);
  await expect(ledger.database.$executeRaw`SELECT detach_month(now()::date)`).rejects.toThrow(/permission denied/);

  await detachMonth(owner, thisMonth);
  expect((await ledger.database.transaction.findMany()).map(({ id }) => id)).toEqual([late.id]);
});

it('ids of what was detached are still known, and balances go on', async () => {
  expect(codes(await ledger.engine.post([early]))).toEqual(['done']);
  expect(codes(await ledger.engine.post([{ ...early, reference: 'other' }]))).toEqual(['IDEMPOTENCY_CONFLICT']);
  expect((await ledger.holdings()).get(busy)).toBe(90n);
  expect((await ledger.holdings()).get(resting)).toBe(85n);
});

it('without it the books are proven and verified as with it', async () => {
  const sums = (await booksOf(ledger.databaseUrl)).currencies;
  expect(sums).toEqual([{ currency: 'USD', debits: 225n, credits: 225n }]);
  expect(await verify()).toEqual([]);
  expect(await prove()).toEqual([]);
  // The next entry of an account follows what is not at hand any more.
  const next = await spend(resting, 1n);
  await spend(busy, 1n);
  expect(codes(await ledger.engine.reverse([{ id: newId('txn'), reverses: next.id }]))).toEqual(['done']);
  expect(await prove()).toEqual([]);
  expect(await verify()).toEqual([]);
  const [{ sequence }, head] = [
    await ledger.database.proof.findFirstOrThrow(),
    await ledger.database.ledgerHead.findFirstOrThrow(),
  ];
  expect(sequence).toBe(head.sequence);
});

const numberOf = (walletId: string) => `(SELECT number FROM account WHERE address = '${walletId}')`;

it('what is missing or altered is found all the same', async () => {
  const idle = await ledger.openWallet();
  const alter = (address: string, change: string) => `UPDATE account SET ${change} WHERE address = '${address}'`;
  const alterCarried = (address: string, change: string) =>
    `UPDATE carried_forward SET ${change} WHERE account_number = ${numberOf(address)}`;
  const firstAtHand = '(SELECT sequence + 1 FROM history_start)';
  // All that an account has at hand.
  expect(await foundAfter(['entry'], `DELETE FROM entry WHERE account_number = ${numberOf(busy)}`)).toMatch(
    /entry 1 of txn_\w+ is missing[\s\S]*proof: the counters of wal_/,
  );
  expect(await foundAfter(['transaction'], `DELETE FROM transaction WHERE sequence = ${firstAtHand}`)).toMatch(
    /is missing/,
  );
  expect(await foundAfter(['idempotency_key'], 'DELETE FROM idempotency_key WHERE sequence = 1')).toMatch(
    /not every transaction that was detached is known/,
  );
  // Counters of accounts with nothing at hand, so that all debits still equal all credits.
  expect(
    await foundAfter(
      ['account'],
      alter(resting, 'credits_posted = credits_posted + 7'),
      alter(idle, 'debits_posted = debits_posted + 7, floor = -7'),
    ),
  ).toMatch(/the counters of wal_[\s\S]*proof: the counters of wal_/);
  // What was carried forward too, to match them.
  expect(
    await foundAfter(
      ['account', 'carried_forward', 'entry'],
      alter('SUSPENSE/USD', 'credits_posted = credits_posted - 1'),
      alterCarried('SUSPENSE/USD', 'credits = credits - 1'),
      `UPDATE entry SET balance = balance - 1 WHERE account_number = ${numberOf('SUSPENSE/USD')}`,
      alter(resting, 'credits_posted = credits_posted + 1'),
      alterCarried(resting, 'credits = credits + 1'),
      `UPDATE entry SET balance = balance + 1 WHERE account_number = ${numberOf(resting)}`,
    ),
  ).toMatch(/^(carried_forward \d+ is not what it was made and changed to(\n|$)){2}$/);
});

it('what is carried forward follows the months alone', async () => {
  await expect(owner.carriedForward.updateMany({ data: { version: 1n } })).rejects.toThrow(/follows the months/);
  await expect(owner.carriedForward.deleteMany()).rejects.toThrow(/follows the months/);
  await expect(ledger.database.historyStart.updateMany({ data: { sequence: 0n } })).rejects.toThrow(/permission/);
});

it('it is attached again, and nothing is carried forward any more', async () => {
  await attachMonth(owner, thisMonth);
  const carried = await ledger.database.carriedForward.findMany();
  expect(carried.filter(({ version, debits, credits }) => version !== 0n || debits !== 0n || credits !== 0n)).toEqual(
    [],
  );
  expect(await ledger.database.historyStart.findFirstOrThrow({ select: { sequence: true } })).toMatchObject({
    sequence: 0n,
  });
  expect(await ledger.database.transaction.count()).toBe(8);
  expect(await verify()).toEqual([]);
  expect(await prove()).toEqual([]);
});

it('nobody waits for a month to be detached: while somebody reads on, it is refused', async () => {
  await owner.$transaction(async (reader) => {
    await reader.transaction.count();
    await expect(detachMonth(owner, thisMonth)).rejects.toThrow(/lock timeout/);
    await spend(busy, 1n);
  });
  await prove();
  await detachMonth(owner, thisMonth);
  expect(await verify()).toEqual([]);
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { booksOf } from '../books/books.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createProof } from '../proof/proof.ts';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import { attachMonth, detachMonth, monthAfter, passTo } from '../testing/months.ts';

let ledger: TestLedger;
let owner: PrismaClient;
let walletId: string;

const nextMonth = monthAfter(1);
const spend = () => transaction([debit(wallet(walletId), 1n), credit(house('SUSPENSE'), 1n)]);
const suffixOf = (month: Date) => month.toISOString().slice(0, 7).replace('-', '_');

/** Where the transactions and their entries stand, in their order: the partition, and microseconds after an instant. */
const placesAfter = (sequence: bigint, instant: Date) => owner.$queryRaw<object[]>`
  SELECT transaction.tableoid::regclass::text AS transaction, entry.tableoid::regclass::text AS entry,
    (extract(epoch FROM transaction.posted_at - ${instant.toISOString()}::timestamptz) * 1000000)::integer AS micros
  FROM transaction JOIN entry USING (sequence, posted_at)
  WHERE sequence > ${sequence} AND position = 1 ORDER BY sequence
`;
const places = (month: Date, ...micros: readonly number[]) =>
  micros.map((micro) => ({
    transaction: `history.transaction_${suffixOf(month)}`,
    entry: `history.entry_${suffixOf(month)}`,
    micros: micro,
  }));
const sequence = async () =>
  (await ledger.database.ledgerHead.findFirstOrThrow({ select: { sequence: true } })).sequence;

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  walletId = await ledger.openWallet({ funds: 1_000n });
});

afterAll(() => ledger.close());

it('a batch at the end of a month goes on in the next, and either month stands without the other', async () => {
  const before = await sequence();
  await passTo(owner, new Date(nextMonth.getTime() - 1));
  await owner.$transaction([
    owner.$executeRaw`ALTER TABLE ledger_head DISABLE TRIGGER USER`,
    owner.$executeRaw`UPDATE ledger_head SET posted_at = posted_at + interval '997 microseconds'`,
    owner.$executeRaw`ALTER TABLE ledger_head ENABLE TRIGGER USER`,
  ]);
  expect(codes(await ledger.engine.post([spend(), spend(), spend(), spend()]))).toEqual(Array(4).fill('done'));
  expect(await placesAfter(before, nextMonth)).toEqual([...places(monthAfter(0), -2, -1), ...places(nextMonth, 0, 1)]);
  // One seal is of transactions in both.
  const proof = createProof(ledger.database);
  const { mark, faults } = await proof.nextSlice(await proof.mark());
  expect({ mark: mark.sequence, faults }).toEqual({ mark: before + 4n, faults: [] });
  await detachMonth(owner, monthAfter(0));
  expect(await ledger.database.transaction.count()).toBe(2);
  expect((await booksOf(ledger.databaseUrl)).faults).toEqual([]);
  await attachMonth(owner, monthAfter(0));
});

it('posting time goes on from the last one when the clock is behind it', async () => {
  const before = await sequence();
  await passTo(owner, monthAfter(2));
  for (let n = 0; n < 3; n += 1) expect(codes(await ledger.engine.post([spend()]))).toEqual(['done']);
  expect(await placesAfter(before, monthAfter(2))).toEqual(places(monthAfter(2), 1, 2, 3));
});

it('partitions are made for the months after the last transaction, on the 31st and in December too', async () => {
  const make = async (at: string) => {
    await passTo(owner, new Date(at));
    await ledger.database.$queryRaw`SELECT create_partitions(2)`;
    const before = await sequence();
    expect(codes(await ledger.engine.post([spend()]))).toEqual(['done']);
    return placesAfter(before, new Date(at));
  };
  const bounds = async (year: number) => {
    const rows = await owner.$queryRaw<{ bounds: string }[]>`
      SELECT relname || ' ' || pg_get_expr(relpartbound, pg_class.oid) AS bounds FROM pg_class
      WHERE relkind = 'r' AND relname LIKE ${`entry_${year}%`} ORDER BY relname
    `;
    return rows.map((row) => row.bounds.replace(/ 00:00:00\+00|FOR VALUES /g, ''));
  };
  expect(await make('2097-01-31T23:59:59.999Z')).toEqual(places(new Date('2097-01-01'), 1));
  expect(await bounds(2097)).toEqual([
    "entry_2097_01 FROM ('2097-01-01') TO ('2097-02-01')",
    "entry_2097_02 FROM ('2097-02-01') TO ('2097-03-01')",
    "entry_2097_03 FROM ('2097-03-01') TO ('2097-04-01')",
  ]);
  expect(await make('2098-12-31T23:59:59.999Z')).toEqual(places(new Date('2098-12-01'), 1));
  expect([...(await bounds(2098)), ...(await bounds(2099))]).toEqual([
    "entry_2098_12 FROM ('2098-12-01') TO ('2099-01-01')",
    "entry_2099_01 FROM ('2099-01-01') TO ('2099-02-01')",
    "entry_2099_02 FROM ('2099-02-01') TO ('2099-03-01')",
  ]);
});

import { createTestDatabase, query, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createAccountStore } from '../account/store.ts';
import { booksOf } from '../books/books.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { codes, connectTo, credit, debit, house, reservation, transaction, wallet } from '../testing/fixture.ts';
import { startCallers } from './callers.ts';
import { extent } from './extent.ts';
import { type LedgerProcess, type LedgerProcesses, startLedgerProcesses } from './ledger-process.ts';
import { note } from './note.ts';

let database: TestDatabase;
let service: LedgerProcesses;
let owner: PrismaClient;
let one: LedgerProcess;
let other: LedgerProcess;

beforeAll(async () => {
  database = await createTestDatabase('ledger');
  service = await startLedgerProcesses(database.databaseUrl, 2);
  [one, other] = service.processes as [LedgerProcess, LedgerProcess];
  owner = connectTo(database.migrationUrl);
}, 300_000);

afterAll(async () => {
  await service.stop();
  await owner.$disconnect();
  await database.drop();
}, 120_000);

/** What killed processes left PostgreSQL to do is done or undone, and their sessions are gone. */
const sessionsEnded = () =>
  vi.waitFor(
    async () =>
      expect(
        await query(
          database.migrationUrl,
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ledger_service'",
        ),
      ).toEqual([]),
    { timeout: 120_000 },
  );

it(
  `killed ${extent.kills} times under load, ledger processes lose nothing they acknowledged and do nothing twice`,
  async () => {
    const books = { database: owner, url: database.migrationUrl };
    const callers = await startCallers([one.ledger, other.ledger], extent.clients);
    for (let kill = 0; kill < extent.kills; kill += 1) {
      await callers.answered(40 + Math.floor(Math.random() * 160));
      if (kill % 2 === 0) {
        // Both: what was in hand is unanswered while the books are looked at, and is repeated afterwards.
        callers.hold();
        await Promise.all([one.kill(), other.kill()]);
        await callers.held();
        await sessionsEnded();
        note(`both killed, kill ${kill + 1}`, await callers.journal.compare(books));
        await Promise.all([one.restart(), other.restart()]);
      } else {
        // One: its callers go to the other at once, while PostgreSQL may still be at what the dead one asked for.
        const victim = kill % 4 === 1 ? one : other;
        await victim.kill();
        await callers.answered(40);
        callers.hold();
        await callers.held();
        note(`one of two killed, kill ${kill + 1}`, await callers.journal.compare(books));
        await victim.restart();
      }
      callers.resume();
    }
    await callers.stop();
    const tally = await callers.journal.compare(books);
    note('at the end', tally);
    expect(tally).toMatchObject({ unanswered: 0, unansweredButDone: 0 });
    expect(tally.acknowledged).toBeGreaterThan(extent.kills * 40);
  },
  extent.testTimeoutMs,
);

it(
  `16 callers move money among 8 wallets through two processes for ${extent.bankSeconds} s: every snapshot has the same total`,
  async () => {
    const each = 1_000n;
    const creditLimit = 500n;
    const wallets = Array.from({ length: 8 }, () => newId('wal'));
    await one.ledger.openAccounts(
      wallets.map((walletId) => ({ walletId, ownerId: newId('cus'), currency: wallet('').currency })),
    );
    const funding = wallets.map((id) => credit(wallet(id), each));
    await one.ledger.post([transaction([debit(house('SETTLEMENT'), each * 8n), ...funding])]);
    await owner.account.updateMany({ where: { walletId: wallets[0] ?? '' }, data: { floor: -creditLimit } });

    const end = performance.now() + extent.bankSeconds * 1_000;
    const tally = new Map<string, number>();
    const count = (code: string) => tally.set(code, (tally.get(code) ?? 0) + 1);
    const move = async (caller: number) => {
      const { ledger } = caller % 2 ? one : other;
      for (let step = caller; performance.now() < end; step += 1) {
        const from = Math.floor(Math.random() * 8);
        const to = (from + 1 + Math.floor(Math.random() * 7)) % 8;
        const amount = BigInt(1 + Math.floor(Math.random() * 700));
        const entries = [debit(wallet(wallets[from] ?? ''), amount), credit(wallet(wallets[to] ?? ''), amount)];
        if (step % 4 > 0) {
          codes(await ledger.post([transaction(entries)])).forEach(count);
          continue;
        }
        const held = reservation(entries);
        const [code = ''] = codes(await ledger.reserve([held]));
        count(code);
        if (code !== 'done') continue;
        const ending =
          step % 8 ? ledger.void([held.id]) : ledger.capture([{ id: newId('txn'), reservationId: held.id }]);
        expect(codes(await ending)).toEqual(['done']);
      }
    };

    const reader = createAccountStore(owner);
    let snapshots = 0;
    const look = async () => {
      while (performance.now() < end) {
        // One statement, which is one snapshot.
        const accounts = await reader.byWalletIds(wallets);
        const total = accounts.reduce((sum, { creditsPosted, debitsPosted }) => sum + creditsPosted - debitsPosted, 0n);
        expect(total).toBe(each * 8n);
        for (const { walletId, creditsPosted, debitsPosted, debitsPending } of accounts) {
          const floor = walletId === wallets[0] ? -creditLimit : 0n;
          expect(creditsPosted - debitsPosted - debitsPending).toBeGreaterThanOrEqual(floor);
        }
        snapshots += 1;
      }
    };

    await Promise.all([...Array.from({ length: 16 }, (_, caller) => move(caller)), look(), look()]);
    note('the bank', { snapshots, ...Object.fromEntries(tally) });
    expect([...tally.keys()].sort()).toEqual(['INSUFFICIENT_FUNDS', 'done']);
    expect(snapshots).toBeGreaterThan(2);
    expect((await booksOf(database.databaseUrl)).faults).toEqual([]);
  },
  extent.testTimeoutMs,
);

it(
  'one id sent to two processes at once posts once, and both answer the same',
  async () => {
    const walletId = newId('wal');
    await one.ledger.openAccounts([{ walletId, ownerId: newId('cus'), currency: wallet('').currency }]);
    await one.ledger.post([transaction([debit(house('SETTLEMENT'), 1_000n), credit(wallet(walletId), 1_000n)])]);
    const before = (await booksOf(database.databaseUrl)).head.sequence;
    const spend = (amount: bigint) =>
      transaction([debit(wallet(walletId), amount), credit(house('FEE_REVENUE'), amount)]);

    const same = Array.from({ length: 15 }, () => spend(10n));
    const answers = await Promise.all(
      same.map((each) =>
        Promise.all([one.ledger.post([each]), other.ledger.post([each]), one.ledger.post([each, each])]),
      ),
    );
    for (const [first, second, [third, fourth] = []] of answers) {
      expect(first).toEqual([{ id: first?.[0]?.id, done: true, code: null, account: null, message: null }]);
      expect([second?.[0], third, fourth]).toEqual([first?.[0], first?.[0], first?.[0]]);
    }

    const contested = Array.from({ length: 8 }, () => spend(10n));
    const verdicts = await Promise.all(
      contested.map((each) => {
        const altered = { ...each, reference: 'another' };
        return Promise.all([one.ledger.post([each, altered]), other.ledger.post([altered, each])]);
      }),
    );
    for (const [[first, changed] = [], [alsoChanged, second] = []] of verdicts) {
      expect(second).toEqual(first);
      expect(alsoChanged).toEqual(changed);
      expect([first?.done, changed?.done].sort()).toEqual([false, true]);
      expect([first, changed].find((each) => each?.done === false)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    }

    const { head, faults } = await booksOf(database.databaseUrl);
    expect(faults).toEqual([]);
    expect(head.sequence).toBe(before + 23n);
  },
  extent.testTimeoutMs,
);

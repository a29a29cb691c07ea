import { prismaAdapter } from '@paygraph/database';
import { type EventBus, memoryBus } from '@paygraph/events';
import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAccountStore } from '../account/store.ts';
import { createEntryStore } from '../entry/store.ts';
import { PrismaClient } from '../generated/prisma/client.ts';
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
import { serveLedger, type TestServer } from '../testing/http.ts';
import { watchActivity } from '../testing/watch.ts';
import { createActivity } from './subscription.ts';
import { type AccountWatcherOptions, createAccountWatcher } from './watcher.ts';

vi.setConfig({ testTimeout: 60_000 });

let ledger: TestLedger;
let server: TestServer;
const owner = newId('cus');
const logger = createLogger({ service: 'ledger', level: 'silent' });
const soon = { timeout: 30_000, interval: 20 };

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

const openWallet = () => ledger.openWallet({ funds: 1000n, ownerId: owner });
const ownerToken = () => server.tokens.person(owner, 'CUSTOMER');
const watch = (walletId: string, after?: string, token = ownerToken()) =>
  watchActivity(server.url, token, walletId, after);

/** Posts so many cents out of the wallet, one batch each, past every hint: as a process does that cannot be heard. */
async function spend(walletId: string, times = 1): Promise<void> {
  for (let left = times; left > 0; left -= 1) {
    const paid = transaction([debit(wallet(walletId), 1n), credit(house('SUSPENSE'), 1n)]);
    expect(codes(await ledger.engine.post([paid]))).toEqual(['done']);
  }
}

/** The same through the service, which tells the others. */
async function spendHere(walletId: string): Promise<void> {
  const money = { amount: '0.01', currency: 'USD' };
  const entries = [
    { account: { purpose: 'WALLET', currency: 'USD', walletId }, direction: 'DEBIT', amount: money },
    { account: { purpose: 'SUSPENSE', currency: 'USD' }, direction: 'CREDIT', amount: money },
  ];
  const transactions = [{ id: newId('txn'), kind: 'TRANSFER', reference: 'r', entries }];
  const query = `mutation ($transactions: [PostTransactionInput!]!) { postTransactions(transactions: $transactions) { done } }`;
  expect((await server.ask(query, { transactions }, server.tokens.payment())).data).toEqual({
    postTransactions: [{ done: true }],
  });
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

describe('who watches a wallet', () => {
  it('is sent what is posted, once and in order, with the balance after each', async () => {
    const walletId = await openWallet();
    const { events, close } = watch(walletId, '1');
    await spend(walletId, 2);
    await spendHere(walletId);
    await vi.waitFor(() => expect(events).toHaveLength(3), soon);
    expect(events.map(({ cursor, entry }) => [cursor, entry.version, entry.balanceAfter.amount])).toEqual([
      ['2', '2', '9.99'],
      ['3', '3', '9.98'],
      ['4', '4', '9.97'],
    ]);
    await close();
  });

  it('sees the wallet as it is at delivery, with the entry in it', async () => {
    const walletId = await openWallet();
    await spend(walletId);
    const { events, close } = watch(walletId, '0');
    await vi.waitFor(() => expect(events).toHaveLength(2), soon);
    expect(events.map(({ wallet: { id, balance } }) => [id, balance.posted.amount])).toEqual([
      [walletId, '9.99'],
      [walletId, '9.99'],
    ]);
    await spendHere(walletId);
    await vi.waitFor(() => expect(events).toHaveLength(3), soon);
    expect(events[2]?.wallet.balance.posted.amount).toBe('9.98');
    await close();
  });

  it('is sent nothing of the past without a cursor', async () => {
    const walletId = await openWallet();
    const { events, close } = watch(walletId);
    // Until it is open it is not live: what is posted to find out counts as past or as live.
    await vi.waitFor(async () => {
      await spendHere(walletId);
      expect(events.length).toBeGreaterThan(0);
    }, soon);
    const first = Number(events[0]?.cursor);
    expect(first).toBeGreaterThan(1);
    await spendHere(walletId);
    const { version } = await ledger.database.account.findUniqueOrThrow({ where: { walletId } });
    await vi.waitFor(() => expect(events.at(-1)?.cursor).toBe(`${version}`), soon);
    expect(events.map(({ cursor }) => cursor)).toEqual(numbers(first, Number(version)));
    await close();
  });

  it('goes on where it stood, over more than is read at once', async () => {
    const walletId = await openWallet();
    await spend(walletId, 80);
    const { events, close } = watch(walletId, '3');
    await vi.waitFor(() => expect(events).toHaveLength(78), soon);
    expect(events.map(({ cursor }) => cursor)).toEqual(numbers(4, 81));
    await close();
  });

  it('misses nothing while posting goes on in several processes', async () => {
    const walletId = await openWallet();
    const { events, close } = watch(walletId, '0');
    await Promise.all([spend(walletId, 15), ...Array.from({ length: 15 }, () => spendHere(walletId))]);
    await vi.waitFor(() => expect(events).toHaveLength(31), soon);
    expect(events.map(({ cursor }) => cursor)).toEqual(numbers(1, 31));
    await close();
  });

  it('is somebody else than its owner only if he reads all books', async () => {
    const walletId = await openWallet();
    const staff = watch(walletId, '0', server.tokens.person(newId('cus'), 'OPERATOR'));
    await vi.waitFor(() => expect(staff.events).toHaveLength(1), soon);
    await staff.close();
    for (const [token, id] of [
      [server.tokens.person(newId('cus'), 'CUSTOMER'), walletId],
      [server.tokens.person(newId('cus'), 'ANALYST'), walletId],
      [ownerToken(), newId('wal')],
    ]) {
      const { events, errors, completed } = watch(id ?? '', '0', token);
      await completed;
      expect([events, errors]).toMatchObject([
        [],
        [{ message: 'There is no such wallet', extensions: { code: 'NOT_FOUND' } }],
      ]);
    }
  });

  it.each(['-1', 'x', '1.0', '', '2', '9'.repeat(30)])(
    'is refused with what is no cursor so far: %j',
    async (after) => {
      const { errors, completed } = watch(await openWallet(), after);
      await completed;
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: ['after'] } }]);
    },
  );
});

describe('activity', () => {
  const customer = {
    kind: 'customer',
    id: owner,
    sessionId: newId('ses'),
    roles: ['CUSTOMER'],
    scopes: new Set(['ledger:read']),
    expiresAt: new Date(Date.now() + 3_600_000),
  } as const;

  /** What a process follows activity with. */
  async function process(options: Partial<AccountWatcherOptions> = {}) {
    const { database } = { ...ledger, ...options };
    const watcher = createAccountWatcher({ bus: memoryBus(), logger, everyMs: 60_000, ...options, database });
    await watcher.start();
    const accounts = createAccountStore(database);
    const store = createEntryStore(database);
    const reads = vi.fn<ReturnType<typeof store.reader>>();
    const entries = { ...store, reader: (accountId: string) => reads.mockImplementation(store.reader(accountId)) };
    const activity = createActivity({ accounts, entries, watcher, rereadMs: 60_000 });
    return { watcher, reads, follow: (walletId: string, after?: string) => activity.follow(customer, walletId, after) };
  }

  it('is heard of from other processes over the bus', async () => {
    const bus = memoryBus();
    const [here, there] = [await process({ bus }), await process({ bus })];
    const walletId = await openWallet();
    const follower = await here.follow(walletId);
    const next = follower.next();
    await spend(walletId);
    there.watcher.posted();
    expect(await next).toMatchObject({ value: { item: { version: 2n } } });
    await follower.return();
    await Promise.all([here.watcher.stop(), there.watcher.stop()]);
  });

  it('is found without a bus, by looking now and then', async () => {
    const deaf: EventBus = { ...memoryBus(), subscribe: () => Promise.reject(new Error('no bus')) };
    const { watcher, follow } = await process({ bus: deaf, everyMs: 10 });
    const walletId = await openWallet();
    const follower = await follow(walletId);
    const next = follower.next();
    await spend(walletId);
    expect(await next).toMatchObject({ value: { item: { version: 2n } } });
    await follower.return();
    await watcher.stop();
  });

  it('sends a client that is too slow away with the cursor to go on from', async () => {
    const { watcher, reads, follow } = await process({ everyMs: 5 });
    const walletId = await openWallet();
    const follower = await follow(walletId);
    const first = follower.next();
    // It has seen all that is past: what comes from here on is live.
    await vi.waitFor(() => expect(reads.mock.settledResults[0]).toEqual({ type: 'fulfilled', value: [] }), soon);
    await spend(walletId);
    expect(await first).toMatchObject({ value: { item: { version: 2n } } });
    await spend(walletId, 65);
    const { id: accountId } = await ledger.database.account.findUniqueOrThrow({ where: { walletId } });
    const grown = new Promise<void>((resolve) => {
      const stop = watcher.watch(accountId, (version) => {
        if (version < 67) return;
        stop();
        resolve();
      });
    });
    await grown;
    expect(await follower.next()).toMatchObject({ value: { kind: 'resume', after: 2 } });
    expect(await follower.next()).toEqual({ done: true, value: undefined });
    await watcher.stop();
  });

  it('of wallets that nobody watches any more is not looked at', async () => {
    const adapter = prismaAdapter({ url: ledger.databaseUrl, poolSize: 1 });
    const database = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] });
    let looks = 0;
    database.$on('query', () => {
      looks += 1;
    });
    const { watcher, follow } = await process({ database, everyMs: 1 });
    const follower = await follow(await openWallet());
    const seen = looks;
    await vi.waitFor(() => expect(looks).toBeGreaterThan(seen + 3), soon);
    await follower.return();
    await watcher.stop();
    const last = looks;
    watcher.posted();
    await new Promise((resolve) => setImmediate(resolve));
    expect(looks).toBe(last);
    await database.$disconnect();
  });
});

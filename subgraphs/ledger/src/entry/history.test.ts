import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrialBalanceStore } from '../account/trial-balance.ts';
import { createExportStore, type Pages } from '../export/store.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createProof } from '../proof/proof.ts';
import { createProofWorker } from '../proof/worker.ts';
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
import { type Answer, dataOf, serveLedger, type TestServer } from '../testing/http.ts';
import { attachMonth, detachMonth, monthAfter, passTo } from '../testing/months.ts';
import { createEntryStore } from './store.ts';

let ledger: TestLedger;
let server: TestServer;
let owner: PrismaClient;
/** Moved in the month that is detached only, in the month after it only, and in both. */
let before: string;
let after: string;
let both: string;
const ownerId = newId('cus');

const firstMonth = monthAfter(0);
const start = monthAfter(1);
const later = new Date(start.getTime() + 86_400_000);

const spend = async (walletId: string, amount: bigint) => {
  const spent = transaction([debit(wallet(walletId), amount), credit(house('SUSPENSE'), amount)]);
  expect(codes(await ledger.engine.post([spent]))).toEqual(['done']);
};
const accountOf = async (address: string) =>
  (await ledger.database.account.findUniqueOrThrow({ where: { address } })).id;

/** The last entries at the start of the second month, at its second day, and now: version and balance of each. */
async function standings(address: string): Promise<string[]> {
  const accountId = await accountOf(address);
  const instants = [start, later, monthAfter(2)].map((at) => ({ accountId, at }));
  const found = await createEntryStore(ledger.database).standingsAt(instants);
  return found.map((standing) => (standing ? `${standing.version}: ${standing.balance}` : 'not at hand'));
}
async function trialBalance(at: Date): Promise<string[]> {
  const sums = await createTrialBalanceStore(ledger.database)({ at });
  return sums.map(({ purpose, debits, credits }) => `${purpose} ${debits} ${credits}`);
}
async function exported(pages: Pages): Promise<string[]> {
  const lines: string[] = [];
  for await (const page of pages) for (const { account, version } of page) lines.push(`${account} ${version}`);
  return lines;
}

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  server = await serveLedger(ledger.databaseUrl);
  before = await ledger.openWallet({ funds: 100n, ownerId });
  after = await ledger.openWallet();
  both = await ledger.openWallet({ funds: 100n });
  await spend(before, 10n);
  await passTo(owner, later);
  await spend(both, 1n);
  const entries = [debit(house('SUSPENSE'), 5n), credit(wallet(after), 5n)];
  expect(codes(await ledger.engine.post([transaction(entries)]))).toEqual(['done']);
  const logger = createLogger({ service: 'ledger', level: 'silent' });
  const proof = createProof(ledger.database);
  await createProofWorker({ proof, metrics: undefined, logger, intervalMs: 5, rest: 0 }).run();
});

afterAll(async () => {
  await server.stop();
  await attachMonth(owner, firstMonth);
  await ledger.close();
});

it('without a month, the past after it is what it was with it', async () => {
  const past = async () => ({
    before: await standings(before),
    after: await standings(after),
    both: await standings(both),
    clearing: await standings('RAIL_CLEARING/USD/manual'),
    sums: [await trialBalance(start), await trialBalance(later), await trialBalance(monthAfter(2))],
    journal: await exported(createExportStore(ledger.database).journal(start, monthAfter(2))),
    statement: await exported(
      createExportStore(ledger.database).statement({ accountId: await accountOf(both), from: start }),
    ),
  });
  const whole = await past();
  expect(whole).toMatchObject({
    before: ['2: 90', '2: 90', '2: 90'],
    after: ['0: 0', '1: 5', '1: 5'],
    both: ['1: 100', '2: 99', '2: 99'],
    clearing: ['2: 200', '2: 200', '2: 200'],
    statement: [`${both} 2`],
  });
  await detachMonth(owner, firstMonth);
  expect(await past()).toEqual(whole);
});

describe('what is asked of a month that is detached is refused', () => {
  const operator = () => server.tokens.person(newId('cus'), 'OPERATOR');
  const now = () => new Date().toISOString();
  const refusals = ({ errors = [] }: Answer<unknown>) =>
    errors.map(({ message, extensions }) => ({ message, ...extensions }));
  const refusal = (field: string[], name = field.at(-1)) => [
    { message: `${name} must not be before the history at hand`, code: 'BAD_USER_INPUT', field },
  ];

  it('a balance, a trial balance and a statement', async () => {
    const customer = server.tokens.person(ownerId, 'CUSTOMER');
    const balance = `balanceAt(at: "${now()}") { version }`;
    expect(refusals(await server.askEntities('Wallet', [before], balance, customer))).toMatchObject(refusal(['at']));
    const trial = `{ trialBalance(at: "${now()}") { currency } }`;
    expect(refusals(await server.ask(trial, {}, operator()))).toMatchObject(refusal(['at']));
    const statement = `entries(filter: { from: "${now()}" }) { nodes { version } }`;
    expect(refusals(await server.askEntities('Wallet', [before], statement, customer))).toMatchObject(
      refusal(['filter', 'from']),
    );
    // Without a beginning it is all that is at hand.
    const all = 'entries { nodes { version } } balance { posted { amount } }';
    expect(dataOf(await server.askEntities('Wallet', [before], all, customer))._entities).toEqual([
      { entries: { nodes: [] }, balance: { posted: { amount: '0.90' } } },
    ]);
  });

  it('an export', async () => {
    const errors = 'userErrors { code field }';
    const statement = `mutation { exportStatement(input: { walletId: "${both}", filter: { from: "${now()}" } }) { ${errors} } }`;
    expect(dataOf(await server.ask(statement, {}, operator()))).toEqual({
      exportStatement: { userErrors: [{ code: 'RANGE_NOT_AT_HAND', field: ['input', 'filter', 'from'] }] },
    });
    const journal = `mutation { exportJournal(input: { from: "${now()}", until: "${later.toISOString()}" }) { ${errors} } }`;
    expect(dataOf(await server.ask(journal, {}, operator()))).toEqual({
      exportJournal: { userErrors: [{ code: 'RANGE_NOT_AT_HAND', field: ['input', 'from'] }] },
    });
    // Even by a link that was signed when it was at hand.
    const { journal: read } = createExportStore(ledger.database);
    await expect(exported(read(firstMonth, later))).rejects.toThrow(/before the history at hand/);
  });
});

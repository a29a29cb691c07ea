import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { dataOf, errorCodes, serveLedger, type TestServer } from '../testing/http.ts';

interface Payload {
  readonly export: { readonly url: string; readonly expiresAt: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}

let ledger: TestLedger;
let server: TestServer;
const owner = newId('cus');
let walletId: string;
let start: string;

const ownerToken = () => server.tokens.person(owner, 'CUSTOMER');
const operatorToken = () => server.tokens.person(newId('cus'), 'OPERATOR');

const ofStatement = `mutation ($input: ExportStatementInput!) {
  result: exportStatement(input: $input) { export { url expiresAt } userErrors { code field } }
}`;
const ofJournal = `mutation ($input: ExportJournalInput!) {
  result: exportJournal(input: $input) { export { url expiresAt } userErrors { code field } }
}`;

const ask = (mutation: string, input: object, token?: string) =>
  server.ask<{ result: Payload }>(mutation, { input }, token);

/** What the link gives, fetched at the ledger as the gateway does. */
async function fetchExport(url: string): Promise<Response> {
  expect(url).toMatch(/^\/exports\/ledger\?token=/);
  return fetch(new URL(url.replace('/exports/ledger', '/exports'), server.url));
}

async function exported(mutation: string, input: object, token: string): Promise<Response> {
  const { result } = dataOf(await ask(mutation, input, token));
  expect(result.userErrors).toEqual([]);
  return fetchExport(result.export?.url ?? '');
}

async function jsonLines(mutation: string, input: object, token: string): Promise<Record<string, unknown>[]> {
  const text = await (await exported(mutation, { ...input, format: 'JSON_LINES' }, token)).text();
  expect(text.endsWith('\n') || text === '').toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
  start = new Date(Date.now() - 1).toISOString();
  walletId = await ledger.openWallet({ funds: 1000n, ownerId: owner });
  const out = [debit(wallet(walletId), 1050n - 100n), credit(house('FX_POSITION'), 950n)];
  const back = [debit(house('FX_POSITION'), 1000n), credit(wallet(walletId), 1000n)];
  const posted = [
    transaction(out, { reference: '=HYPERLINK("http://evil")', metadata: { note: 'a,"b"' } }),
    transaction(back, { reference: 'two\nlines' }),
  ];
  expect(codes(await ledger.engine.post(posted))).toEqual(['done', 'done']);
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

describe('the export of a statement', () => {
  it("is the owner's as CSV: quoted as RFC 4180 says, exact, and with nothing that a spreadsheet would run", async () => {
    const answer = await exported(ofStatement, { walletId }, ownerToken());
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="statement-acc_\w+\.csv"$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g;
    const text = (await answer.text()).replace(times, 'T').replace(/txn_\w+|pay_\w+/g, 'ID');
    expect(text.split('\r\n')).toEqual([
      'postedAt,effectiveAt,transactionId,kind,reference,position,direction,currency,amount,balanceAfter,version',
      'T,T,ID,COLLECTION,ID,2,CREDIT,USD,10.00,10.00,1',
      'T,T,ID,TRANSFER,"\'=HYPERLINK(""http://evil"")",1,DEBIT,USD,9.50,0.50,2',
      'T,T,ID,TRANSFER,"two\nlines",2,CREDIT,USD,10.00,10.50,3',
      '',
    ]);
  });

  it('is one JSON object a line on demand, amounts as text', async () => {
    const [first, second] = await jsonLines(ofStatement, { walletId }, ownerToken());
    expect(first).toMatchObject({ kind: 'COLLECTION', amount: '10.00', version: '1' });
    expect(second).toMatchObject({ reference: '=HYPERLINK("http://evil")', balanceAfter: '0.50' });
    expect(Object.keys(first ?? {})).not.toContain('account');
  });

  it('keeps to the range that was asked for', async () => {
    const versions = async (filter: object) =>
      (await jsonLines(ofStatement, { walletId, filter }, ownerToken())).map(({ version }) => version);
    expect(await versions({ direction: 'DEBIT' })).toEqual(['2']);
    expect(await versions({ kinds: ['COLLECTION'] })).toEqual(['1']);
    expect(await versions({ until: start })).toEqual([]);
    expect(await versions({ from: start })).toEqual(['1', '2', '3']);
  });

  it('leaves amounts below zero numbers', async () => {
    const { id } = await ledger.database.account.findUniqueOrThrow({ where: { address: 'FX_POSITION/USD' } });
    const text = await (await exported(ofStatement, { accountId: id }, operatorToken())).text();
    expect(text).toContain('DEBIT,USD,10.00,-0.50,2\r\n');
  });

  it('goes over more pages than one, and stops where the books stood when it began', async () => {
    const manyId = await ledger.openWallet({ funds: 10_000n, ownerId: owner });
    const pay = () => transaction([debit(wallet(manyId), 1n), credit(house('SUSPENSE'), 1n)]);
    for (let batch = 0; batch < 5; batch += 1)
      expect(new Set(codes(await ledger.engine.post(Array.from({ length: 500 }, pay))))).toEqual(new Set(['done']));
    const lines = await jsonLines(ofStatement, { walletId: manyId }, ownerToken());
    expect(lines.map(({ version }) => Number(version))).toEqual(Array.from({ length: 2501 }, (_, index) => index + 1));
    expect(lines.at(-1)).toMatchObject({ balanceAfter: '75.00' });
  });
});

describe('the export of the journal', () => {
  it('has every entry of a period in the order of posting, each transaction whole', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const lines = await jsonLines(ofJournal, { from: start, until }, operatorToken());
    const count = await ledger.database.entry.count();
    expect(lines).toHaveLength(count);
    expect(lines.slice(0, 3)).toMatchObject([
      { sequence: '1', position: '1', account: 'RAIL_CLEARING/USD/manual', ownerId: null, metadata: {} },
      { sequence: '1', position: '2', account: walletId, ownerId: owner, reverses: null },
      { sequence: '2', position: '1', account: walletId, metadata: { note: 'a,"b"' } },
    ]);
    const sums = lines.map(
      ({ direction, amount }) => (direction === 'DEBIT' ? 1 : -1) * Math.round(Number(amount) * 100),
    );
    expect(sums.reduce((sum, amount) => sum + amount, 0)).toBe(0);
  });

  it('is cut by posting time', async () => {
    const { postedAt } = await ledger.database.transaction.findFirstOrThrow({ where: { sequence: 2n } });
    const from = new Date(postedAt.getTime() + 1).toISOString();
    const later = await jsonLines(ofJournal, { from, until: '2200-01-01T00:00:00Z' }, operatorToken());
    const earlier = await jsonLines(ofJournal, { from: start, until: from }, operatorToken());
    expect(later.length + earlier.length).toBe(await ledger.database.entry.count());
    expect(later.every((line) => String(line.postedAt) >= from)).toBe(true);
    expect(earlier.every((line) => String(line.postedAt) < from)).toBe(true);
    expect(await jsonLines(ofJournal, { from: '1999-01-01T00:00:00Z', until: start }, operatorToken())).toEqual([]);
  });
});

describe('who may export', () => {
  const refusalOf = async (mutation: string, input: object, token: string) =>
    dataOf(await ask(mutation, input, token)).result;

  it("is a wallet's owner, for no other wallet and for no account by its id", async () => {
    const { id } = await ledger.database.account.findUniqueOrThrow({ where: { walletId } });
    const stranger = server.tokens.person(newId('cus'), 'CUSTOMER');
    const notFound = (field: string) => ({
      export: null,
      userErrors: [{ code: 'ACCOUNT_NOT_FOUND', field: ['input', field] }],
    });
    expect(await refusalOf(ofStatement, { walletId }, stranger)).toEqual(notFound('walletId'));
    expect(await refusalOf(ofStatement, { walletId: newId('wal') }, ownerToken())).toEqual(notFound('walletId'));
    expect(await refusalOf(ofStatement, { accountId: id }, ownerToken())).toEqual(notFound('accountId'));
    expect(await refusalOf(ofStatement, { accountId: newId('acc') }, operatorToken())).toEqual(notFound('accountId'));
    expect(errorCodes(await ask(ofStatement, { walletId }))).toEqual(['UNAUTHENTICATED']);
  });

  it('is an operator, for everything', async () => {
    expect((await exported(ofStatement, { walletId }, operatorToken())).status).toBe(200);
    const input = { from: start, until: '2200-01-01T00:00:00Z' };
    for (const token of [ownerToken(), server.tokens.person(newId('cus'), 'ANALYST')])
      expect(errorCodes(await ask(ofJournal, input, token))).toEqual(['FORBIDDEN']);
  });

  it('has to say what, and of when', async () => {
    const codesOf = async (mutation: string, input: object) =>
      (await refusalOf(mutation, input, operatorToken())).userErrors.map(({ code }) => code);
    expect(await codesOf(ofStatement, {})).toEqual(['ONE_ACCOUNT_REQUIRED']);
    expect(await codesOf(ofStatement, { walletId, accountId: 'acc_1' })).toEqual(['ONE_ACCOUNT_REQUIRED']);
    expect(await codesOf(ofStatement, { walletId, filter: { from: start, until: start } })).toEqual(['RANGE_INVALID']);
    expect(await codesOf(ofJournal, { from: start, until: start })).toEqual(['RANGE_INVALID']);
  });

  it('is nobody with a link that was altered, or with a token in its place', async () => {
    const { result } = dataOf(await ask(ofStatement, { walletId }, ownerToken()));
    const url = result.export?.url ?? '';
    const altered = url.replace(/token=(.{40})./, 'token=$1_');
    for (const bad of [altered, '/exports/ledger?token=', `/exports/ledger?token=${ownerToken()}`]) {
      const answer = await fetchExport(bad);
      expect([answer.status, await answer.json()]).toMatchObject([
        403,
        { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
      ]);
    }
  });
});

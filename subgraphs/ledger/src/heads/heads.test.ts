import { digestOf, generateSigningKey, publicJwk, staticKeys } from '@paygraph/auth';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { booksOf } from '../books/books.ts';
import { headsInTable } from '../books/heads.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { openTestLedger, type TestLedger } from '../testing/fixture.ts';
import { serveLedger } from '../testing/http.ts';
import { headIn } from './head.ts';
import { publishHead } from './signer.ts';

const key = generateSigningKey();
const keys = staticKeys({ keys: [publicJwk(key, 'ledger')] });

/** In ms, for a machine that has much else to do. */
const patience = { maxWait: 20_000, timeout: 20_000 };

let ledger: TestLedger;
let owner: PrismaClient;
const published: string[] = [];

/** Posts something, then signs where the chain ends. */
async function moveAndSign(books: TestLedger): Promise<string> {
  await books.openWallet({ funds: 100n });
  const head = await publishHead(books.database, key);
  if (!head) throw new Error('There was something to sign');
  return head.statement;
}

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  for (let count = 0; count < 3; count += 1) published.push(await moveAndSign(ledger));
});

afterAll(() => ledger.close());

it('a head says where the chain ends, and which one came before it', async () => {
  const { head, signed } = await booksOf(ledger.databaseUrl, { keys });
  expect(signed).toMatchObject({ count: 3, fault: undefined });
  expect(await headIn(published[2] ?? '', keys)).toMatchObject(head);
  expect((await headIn(published[0] ?? '', keys)).previous).toBeNull();
});

it('nothing is signed when nothing has moved', async () => {
  expect(await publishHead(ledger.database, key)).toBeUndefined();
});

it('several processes at the same time publish one', async () => {
  await ledger.openWallet({ funds: 100n });
  const heads = await Promise.all(Array.from({ length: 4 }, () => publishHead(ledger.database, key)));
  expect(heads.filter((head) => head !== undefined)).toHaveLength(1);
  expect((await booksOf(ledger.databaseUrl, { keys })).faults).toEqual([]);
});

it('a service signs when it ends', async () => {
  const other = await openTestLedger();
  const server = await serveLedger(other.databaseUrl);
  await other.openWallet({ funds: 100n });
  await server.stop();
  const { head, signed } = await booksOf(other.databaseUrl);
  expect(signed.last?.sequence).toBe(head.sequence);
  await other.close();
});

it.each([
  ['a deleted head', 'DELETE FROM signed_head WHERE sequence = 2', /does not follow the one before it/],
  ['an altered sequence', 'UPDATE signed_head SET sequence = 9 WHERE sequence = 4', /says something else/],
  ['an altered link', 'UPDATE signed_head SET hash = sha256(hash) WHERE sequence = 2', /says something else/],
  ['an altered time', "UPDATE signed_head SET signed_at = signed_at - interval '1 s'", /says something else/],
  [
    'an altered signature',
    "UPDATE signed_head SET statement = regexp_replace(statement, '....$', 'AAAA') WHERE sequence = 2",
    /the signature is not good/,
  ],
  ['an added head', "INSERT INTO signed_head VALUES (99, sha256(''), now(), 'forged')", /not a ledger-head|not signed/],
  [
    'an altered link of the chain, sealed anew',
    'UPDATE seal SET hash = sha256(hash) WHERE last_sequence = 2',
    /is not on the chain/,
  ],
])('%s is found', async (_what, statement, fault) => {
  const undone = new Error('undone');
  const tampering = owner.$transaction(async (books) => {
    for (const table of ['signed_head', 'seal'])
      await books.$executeRawUnsafe(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    expect(await books.$executeRawUnsafe(statement)).toBeGreaterThan(0);
    expect((await headsInTable(books, keys)).fault).toMatch(fault);
    throw undone;
  }, patience);
  await expect(tampering).rejects.toBe(undone);
});

it('a signed head is never changed, and the service itself can only add the next one', async () => {
  const remove = 'DELETE FROM signed_head';
  await expect(owner.$executeRawUnsafe(remove)).rejects.toThrow('is refused');
  await expect(owner.$executeRaw`UPDATE signed_head SET statement = ''`).rejects.toThrow('is refused');
  await expect(ledger.database.$executeRawUnsafe(remove)).rejects.toThrow('permission denied');
  const publish = (sequence: number, previous: Buffer | null) => ledger.database.$queryRaw`
    SELECT publish_head(${sequence}, sha256(''), now(), 'forged', ${previous}::bytea) AS done
  `;
  const last = Buffer.from(
    digestOf((await owner.signedHead.findFirstOrThrow({ orderBy: { sequence: 'desc' } })).statement),
    'hex',
  );
  // No such link, and not the next one.
  expect(await publish(99, last)).toEqual([{ done: false }]);
  expect(await publish(1, null)).toEqual([{ done: false }]);
});

it('books that were rewritten or cut short do not have what was signed and kept elsewhere', async () => {
  const lines = published.map((statement) => `{"level":30,"ledgerHead":"${statement}","msg":"signed the head"}`);
  const others = await openTestLedger();
  const short = await booksOf(others.databaseUrl, { keys, lines });
  expect(short.faults).toEqual([expect.stringContaining('is not on the chain')]);
  for (let count = 0; count < 3; count += 1) await moveAndSign(others);
  const rewritten = await booksOf(others.databaseUrl, { keys, lines });
  expect(rewritten.signed.fault).toBeUndefined();
  expect(rewritten.faults).toEqual([expect.stringContaining('is not on the chain')]);
  await others.close();
});

it('a head that somebody else signed is no witness', async () => {
  const stranger = staticKeys({ keys: [publicJwk(generateSigningKey(), 'ledger')] });
  const { witnessed } = await booksOf(ledger.databaseUrl, { keys: stranger, lines: published });
  expect(witnessed?.fault).toContain('not signed with a key of ledger');
});

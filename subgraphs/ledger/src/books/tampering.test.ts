import { isDeepStrictEqual } from 'node:util';
import { generateSigningKey, publicJwk, staticKeys } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { publishHead } from '../heads/signer.ts';
import { expireDue } from '../reservation/expiry-worker.ts';
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
import { faultsIn } from './books.ts';

type Tables = Pick<PrismaClient, '$queryRawUnsafe' | '$executeRawUnsafe'>;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[] | null;
}

const key = generateSigningKey();
const keys = staticKeys({ keys: [publicJwk(key, 'ledger')] });
let ledger: TestLedger;
let owner: PrismaClient;

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  const { engine } = ledger;
  const walletId = await ledger.openWallet({ funds: 1000n });
  await publishHead(ledger.database, key);
  const fee = (amount: bigint) => [debit(wallet(walletId), amount), credit(house('FEE_REVENUE'), amount)];
  const posted = [
    transaction(fee(5n), { metadata: { invoice: 7 }, reference: 'a "quoted"\nreference' }),
    transaction(fee(6n)),
  ];
  expect(codes(await engine.post(posted))).toEqual(['done', 'done']);
  const [taken, partly, dropped, late] = Array.from({ length: 4 }, () => reservation(fee(30n)));
  if (!taken || !partly || !dropped || !late) throw new Error('There are four');
  await engine.reserve([taken, partly, dropped, late]);
  await engine.capture([
    { id: newId('txn'), reservationId: taken.id },
    { id: newId('txn'), reservationId: partly.id, entries: fee(10n), releaseRest: false },
  ]);
  await engine.void([dropped.id, newId('res')]);
  await owner.$executeRaw`UPDATE reservation SET expires_at = reserved_at + interval '1 microsecond' WHERE id = ${late.id}`;
  await expireDue(ledger.database);
  await publishHead(ledger.database, key);
  expect(await faultsIn(owner, keys)).toEqual([]);
});

afterAll(() => ledger.close());

const tables = [
  'transaction',
  'entry',
  'seal',
  'ledger_head',
  'signed_head',
  'account',
  'chart_of_accounts',
  'idempotency_key',
  'reservation',
] as const;

/** What makes a copy of a row another row. */
const forgeries: Readonly<Record<(typeof tables)[number], object>> = {
  transaction: { id: 'txn_forged', sequence: 99 },
  entry: { position: 9, version: 99 },
  seal: { last_sequence: 99 },
  ledger_head: { singleton: false },
  signed_head: { sequence: 99 },
  chart_of_accounts: { purpose: 'SETTLEMENT' },
  account: { id: 'acc_forged', number: 99, address: 'wal_forged', wallet_id: 'wal_forged' },
  reservation: { id: 'res_forged' },
  idempotency_key: { id: 'txn_forged' },
};

const pick = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('There is nothing to pick from');
  return item;
};

const columnsOf = (books: Tables, table: string) =>
  books.$queryRawUnsafe<Column[]>(`
    SELECT attname AS name, atttypid::regtype::text AS type,
      nullif(ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = atttypid ORDER BY 1), '{}') AS labels
    FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`);

const rowsOf = (books: Tables, table: string, column: string) =>
  books.$queryRawUnsafe<{ row: string; value: string | null }[]>(
    `SELECT ctid::text AS row, ${column}::text AS value FROM ${table} ORDER BY ctid`,
  );

/** Writes a column of a row; answers where the row is now. */
async function write(books: Tables, table: string, { name, type }: Column, row: string, value: string | null) {
  const [written] = await books.$queryRawUnsafe<{ row: string }[]>(
    `UPDATE ${table} SET ${name} = $1::text::${type} WHERE ctid = '${row}'::tid RETURNING ctid::text AS row`,
    value,
  );
  return written?.row ?? row;
}

/** The value with one digit or letter altered, or what is like it where that would be of no meaning. */
function altered({ type, labels }: Column, value: string | null, at: number): string | null {
  if (labels)
    return pick(
      labels.filter((label) => label !== value),
      at,
    );
  if (value === null) return type.startsWith('timestamp') ? '2026-01-01Z' : '7';
  if (type === 'entry_direction[]')
    return value.replace(/DEBIT|CREDIT/, (side) => (side === 'DEBIT' ? 'CREDIT' : 'DEBIT'));
  if (type === 'boolean') return value === 'true' ? 'false' : 'true';
  if (type === 'jsonb') return value === '{}' ? '{"forged": 1}' : value.replace(/\d/, (digit) => `${digit}1`);
  const places = [...value.matchAll(/\d/g)].map(({ index }) => index);
  if (places.length === 0) return `${value}x`;
  const place = pick(places, at);
  const digit = (Number(value[place]) + 1 + (at % 9)) % 10;
  return value.slice(0, place) + digit + value.slice(place + 1);
}

/** In ms, for a machine that has much else to do. */
const patience = { maxWait: 60_000, timeout: 60_000 };

const tampering = fc.record({
  act: fc.constantFrom('alter', 'alter', 'alter', 'delete', 'insert', 'swap'),
  column: fc.nat(20),
  row: fc.nat(20),
  other: fc.nat(20),
  at: fc.nat(80),
});
type Tampering = (typeof tampering extends fc.Arbitrary<infer T> ? T : never) & {
  readonly table: (typeof tables)[number];
};

/** The rows of a table, whatever their order. */
const contentOf = (books: Tables, table: string) =>
  books.$queryRawUnsafe<unknown[]>(`SELECT md5(string_agg(row::text, ' ' ORDER BY row::text)) FROM ${table} AS row`);

async function tamper(books: Tables, { table, act, ...chosen }: Tampering): Promise<void> {
  const column = pick(await columnsOf(books, table), chosen.column);
  const rows = await rowsOf(books, table, column.name);
  const { row, value } = pick(rows, chosen.row);
  const other = pick(rows, chosen.other);
  switch (act) {
    case 'delete':
      await books.$executeRawUnsafe(`DELETE FROM ${table} WHERE ctid = '${row}'::tid`);
      return;
    case 'insert':
      await books.$executeRawUnsafe(
        `INSERT INTO ${table} SELECT (jsonb_populate_record(kept, $1::jsonb)).* FROM ${table} AS kept
         WHERE ctid = '${row}'::tid`,
        JSON.stringify(forgeries[table]),
      );
      return;
    case 'swap': {
      if (value === other.value) return;
      // A key cannot stand twice, not even for a moment.
      const isKey = column.type === 'text' || column.type === 'bigint';
      const between = isKey ? await write(books, table, column, row, '-1') : row;
      await write(books, table, column, other.row, value);
      await write(books, table, column, between, other.value);
      return;
    }
    default:
      await write(books, table, column, row, altered(column, value, chosen.at));
  }
}

/** The faults after it, then it is taken back. Undefined if it changed nothing, or the tables' own constraints refuse it. */
async function faultsAfter(change: Tampering): Promise<readonly string[] | undefined> {
  const undone = new Error('undone');
  let faults: readonly string[] | undefined;
  const attempt = owner.$transaction(async (books) => {
    for (const table of tables) await books.$executeRawUnsafe(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    const before = await contentOf(books, change.table);
    await tamper(books, change);
    if (isDeepStrictEqual(await contentOf(books, change.table), before)) throw undone;
    faults = await faultsIn(books, keys);
    throw undone;
  }, patience);
  await attempt.catch((error: unknown) => {
    const refused =
      /constraint|invalid input|malformed array|no partition|out of range|does not exist|current transaction is aborted/i;
    if (error !== undone && !refused.test(String(error))) throw error;
  });
  return faults;
}

it.each(tables)(
  'any row or digit of %s that is altered, deleted, inserted or swapped is found',
  async (table) => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(tampering, async (change) => {
        const faults = await faultsAfter({ ...change, table });
        if (faults === undefined) return;
        expect(faults).not.toEqual([]);
        found += 1;
      }),
      { numRuns: 50 },
    );
    expect(found).toBeGreaterThan(0);
  },
  120_000,
);

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
  'standing_seal',
  'history_start',
  'proof',
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
  standing_seal: { number: 99 },
  history_start: { singleton: false },
  proof: { singleton: false },
};

type Row = Readonly<Record<string, string | number>>;

/** What a fault may call a row. */
const namesOf: Readonly<Record<(typeof tables)[number], (row: Row) => readonly string[]>> = {
  transaction: ({ id, sequence }) => [`${id}`, `transaction ${sequence} of`, `transaction ${sequence} was`],
  entry: ({ version, account_number, position, txn }) => [
    `entry ${version} of account ${account_number} `,
    `entry ${position} of ${txn} `,
  ],
  seal: ({ last_sequence }) => [`the seal at ${last_sequence} `],
  ledger_head: () => ['the head is not'],
  signed_head: ({ sequence }) => [`for ${sequence}`, `signed_head ${sequence} `],
  account: ({ id, address }) => [`${id}`, `${address}`],
  chart_of_accounts: ({ purpose }) => [`chart of accounts is not what it was made: ${purpose} `],
  reservation: ({ id }) => [`${id}`],
  idempotency_key: ({ id }) => [`${id}`],
  standing_seal: ({ number }) => [`the standing seal ${number} `],
  history_start: () => ['history_start'],
  proof: () => ['proof'],
};

/** Where a link is cut out of a chain, the next one is found, or the end of the chain if it was the last. */
const ends = { seal: /the seal at|is not sealed/, standing_seal: /the standing seal|at the last standing seal/ };

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

/** The rows of a table by what they are called. */
async function namesIn(books: Tables, table: (typeof tables)[number]): Promise<Map<string, readonly string[]>> {
  const rows = await books.$queryRawUnsafe<{ text: string; row: Row }[]>(
    `SELECT kept::text AS text, to_jsonb(kept) ${table === 'entry' ? "|| jsonb_build_object('txn', transaction.id)" : ''} AS row
     FROM ${table} AS kept ${table === 'entry' ? 'LEFT JOIN transaction USING (sequence)' : ''}`,
  );
  return new Map(rows.map(({ text, row }) => [text, namesOf[table](row)]));
}

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

/** What the tables themselves refuse: a constraint, or a value that is not one of the column. */
const refused = /violates|invalid input|malformed array|no partition|out of range/i;

/** What the rows of the second are called that the first has not. */
const namesBut = (without: ReadonlyMap<string, unknown>, rows: ReadonlyMap<string, readonly string[]>) =>
  [...rows].flatMap(([row, own]) => (without.has(row) ? [] : own));

interface Found {
  readonly faults: readonly string[];
  /** What the rows that it changed, made or removed are called. */
  readonly names: readonly string[];
  /** Whether a row is gone, or is called something else. */
  readonly isCut: boolean;
}

/** What is found after it, then it is taken back. Undefined if it changed nothing, or the tables themselves refuse it. */
async function foundAfter(change: Tampering): Promise<Found | undefined> {
  const undone = new Error('undone');
  let found: Found | undefined;
  const attempt = owner.$transaction(async (books) => {
    for (const table of tables) await books.$executeRawUnsafe(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    const before = await namesIn(books, change.table);
    await tamper(books, change).catch((error: unknown) => {
      throw refused.test(String(error)) ? undone : error;
    });
    const after = await namesIn(books, change.table);
    const [gone, made] = [namesBut(after, before), namesBut(before, after)];
    const names = [...gone, ...made];
    const isCut = gone.some((name) => !made.includes(name));
    if (names.length > 0) found = { faults: await faultsIn(books, keys), names, isCut };
    throw undone;
  }, patience);
  await attempt.catch((error: unknown) => {
    if (error !== undone) throw error;
  });
  return found;
}

it.each(tables)(
  'any row or digit of %s that is altered, deleted, inserted or swapped is found and named',
  async (table) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(tampering, async (change) => {
        const found = await foundAfter({ ...change, table });
        if (!found) return;
        count += 1;
        const { faults, names, isCut } = found;
        const end = isCut && (table === 'seal' || table === 'standing_seal') ? ends[table] : undefined;
        const named = faults.filter((fault) => end?.test(fault) || names.some((name) => fault.includes(name)));
        expect(named, `One of ${names.join(' | ')} in: ${faults.join('\n')}`).not.toEqual([]);
      }),
      { numRuns: 40 },
    );
    // The rest changed nothing, or was refused by a constraint.
    expect(count).toBeGreaterThan(5);
  },
  300_000,
);

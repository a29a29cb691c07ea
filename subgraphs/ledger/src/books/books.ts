import { readFileSync } from 'node:fs';
import type { KeySource } from '@paygraph/auth';
import { prismaAdapter } from '@paygraph/database';
import { PrismaClient } from '../generated/prisma/client.ts';
import { type ChainReader, faultInChain } from './chain.ts';
import { type HeadReader, type Heads, headsInLines, headsInTable } from './heads.ts';

/** The state of the books in one snapshot. */
export interface Books {
  /** The sums of all entries of each currency, in minor units, in the order of codes. Equal, or the books are broken. */
  readonly currencies: readonly { readonly currency: string; readonly debits: bigint; readonly credits: bigint }[];
  /** The number of transactions, and the last link of their chain in hex: to be kept elsewhere, as a witness. */
  readonly head: { readonly sequence: bigint; readonly hash: string };
  /** What the ledger signed: in its own table, and where else it was kept. */
  readonly signed: Heads;
  readonly witnessed: Heads | undefined;
  /**
   * What is wrong, in words, a hundred at most; empty when every transaction at hand is what was sealed in the hash chain, every
   * signed head stands on it,
   * transactions balance, sequences have no gaps, running balances and counters are those of the entries, reservations
   * hold what is pending, accounts and reservations are what they were made, and no account is below its floor. Detached
   * months count by what was carried forward from them.
   */
  readonly faults: readonly string[];
}

const faultsSql = readFileSync(new URL('faults.sql', import.meta.url), 'utf8');
const mostFaults = 100;
const dayMs = 86_400_000;

type Snapshot = ChainReader & HeadReader & Pick<PrismaClient, '$queryRaw'>;

export interface Witnesses {
  /** Where the ledger's public keys are found, those of the past too; without them no signature is looked at. */
  readonly keys?: KeySource | undefined;
  /** Signed heads that were kept elsewhere, such as the lines of a log; they need keys. */
  readonly lines?: AsyncIterable<string> | Iterable<string> | undefined;
}

/**
 * Re-derives the books from their entries: reads all of the ledger, in pages where there is one row per transaction.
 *
 * @param databaseUrl of a role that may read it
 */
export async function booksOf(databaseUrl: string, { keys, lines }: Witnesses = {}): Promise<Books> {
  const database = new PrismaClient({ adapter: prismaAdapter({ url: databaseUrl, poolSize: 1 }) });
  try {
    const books = await database.$transaction(
      async (snapshot) => {
        await snapshot.$executeRaw`SET LOCAL transaction_timeout = 0`;
        await snapshot.$executeRaw`LOCK TABLE history_start IN ACCESS SHARE MODE`;
        const found = await examine(snapshot, keys);
        return { ...found, currencies: await sumsIn(snapshot), head: await headIn(snapshot) };
      },
      { isolationLevel: 'RepeatableRead', maxWait: 10_000, timeout: dayMs },
    );
    // Outside the snapshot: what is kept elsewhere may be newer.
    const witnessed = lines && keys && (await headsInLines(database, lines, keys));
    return { ...books, witnessed, faults: [...books.faults, ...listOf(witnessed?.fault)] };
  } finally {
    await database.$disconnect();
  }
}

/** The faults of {@link Books}, as the connection sees them. */
export async function faultsIn(database: ChainReader & HeadReader, keys?: KeySource): Promise<readonly string[]> {
  return (await examine(database, keys)).faults;
}

async function examine(database: ChainReader & HeadReader, keys: KeySource | undefined) {
  const inChain = await faultInChain(database);
  const signed = await headsInTable(database, keys);
  const rows = await database.$queryRawUnsafe<{ fault: string }[]>(`${faultsSql} LIMIT ${mostFaults}`);
  const faults = [...listOf(inChain), ...listOf(signed.fault), ...rows.map(({ fault }) => fault)];
  return { signed, faults };
}

const listOf = (fault: string | undefined) => (fault === undefined ? [] : [fault]);

async function headIn(database: Snapshot): Promise<Books['head']> {
  const { sequence, hash } = await database.ledgerHead.findFirstOrThrow();
  return { sequence, hash: Buffer.from(hash).toString('hex') };
}

async function sumsIn(database: Snapshot): Promise<Books['currencies']> {
  const sums = await database.$queryRaw<{ currency: string; debits: string; credits: string }[]>`
    SELECT currency, sum(debits)::text AS debits, sum(credits)::text AS credits
    FROM (
      SELECT account_number, debits, credits FROM carried_forward
      UNION ALL
      SELECT account_number, CASE direction WHEN 'DEBIT' THEN amount ELSE 0 END,
        CASE direction WHEN 'CREDIT' THEN amount ELSE 0 END
      FROM entry
    ) AS moved
    JOIN account ON account.number = moved.account_number
    GROUP BY currency ORDER BY currency
  `;
  return sums.map(({ currency, debits, credits }) => ({ currency, debits: BigInt(debits), credits: BigInt(credits) }));
}

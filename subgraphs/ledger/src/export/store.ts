import {
  type EntryKey,
  type EntryRange,
  entriesIn,
  keyOf,
  microsOf,
  withAccount,
  withTransaction,
} from '../entry/store.ts';
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
import type { EntryDirection, TransactionKind } from '../generated/prisma/enums.ts';

/** An entry with its transaction and its account, as exports show it. */
export interface ExportedEntry {
  readonly sequence: bigint;
  readonly transactionId: string;
  readonly kind: TransactionKind;
  readonly reference: string;
  readonly reverses: string | null;
  /** RFC 3339 in UTC, to the microsecond. */
  readonly effectiveAt: string;
  readonly postedAt: string;
  readonly metadata: object;
  readonly position: number;
  readonly account: string;
  readonly ownerId: string | null;
  readonly currency: string;
  readonly direction: EntryDirection;
  /** Minor units, and so is the balance. */
  readonly amount: bigint;
  readonly balance: bigint;
  readonly version: bigint;
}

/** Entries in the order of posting, a page at a time. Whoever takes no further page costs nothing further. */
export type Pages = AsyncGenerator<ExportedEntry[], void, undefined>;

export type ExportStore = ReturnType<typeof createExportStore>;

/** Entries, or transactions of the journal, that one statement looks at: its time is bounded, whatever is filtered out. */
const statementStep = 1_000;
const journalStep = 400n;

/**
 * Reads exports by keyset pages up to where the books stood at the first. History does not change, so the pages agree as
 * if they were of one snapshot; but no transaction stays open, however slowly a client reads.
 */
export function createExportStore(database: PrismaClient) {
  return {
    async *statement(range: EntryRange): Pages {
      const account = await database.account.findUnique({ where: { id: range.accountId }, select: { version: true } });
      const upTo = account?.version ?? 0n;
      for (let last: EntryKey | undefined; ; ) {
        const after: Prisma.Sql = last
          ? Prisma.sql`AND (entry.posted_at, entry.version) > ${keyOf(last)}`
          : Prisma.empty;
        const [end]: EntryKey[] = await database.$queryRaw<EntryKey[]>`
          SELECT micros, version FROM (
            SELECT ${microsOf} AS micros, entry.version FROM entry
            WHERE ${entriesIn(range)} ${after} AND entry.version <= ${upTo}
            ORDER BY entry.posted_at, entry.version LIMIT ${statementStep}
          ) AS step
          ORDER BY micros DESC, version DESC LIMIT 1
        `;
        if (!end) return;
        yield await database.$queryRaw<ExportedEntry[]>`
          SELECT ${exportedColumns}
          FROM entry ${withTransaction} ${withAccount}
          WHERE ${entriesIn(range)} ${after} AND (entry.posted_at, entry.version) <= ${keyOf(end)} ${filtersOf(range)}
          ORDER BY entry.posted_at, entry.version
        `;
        last = end;
      }
    },

    /** @param from posted at or after it; @param until posted before it */
    async *journal(from: Date, until: Date): Pages {
      const [bounds] = await database.$queryRaw<{ after: bigint; upTo: bigint }[]>`
        SELECT sequence_before(${from.toISOString()}::timestamptz) AS after,
          sequence_before(${until.toISOString()}::timestamptz) AS "upTo"
      `;
      const { after, upTo } = bounds ?? { after: 0n, upTo: 0n };
      for (let last = after; last < upTo; last += journalStep) {
        const end = last + journalStep < upTo ? last + journalStep : upTo;
        yield await database.$queryRaw<ExportedEntry[]>`
          SELECT ${exportedColumns}
          FROM transaction
          JOIN entry ON entry.account_number = ANY (transaction.account_numbers) AND entry.posted_at = transaction.posted_at
          ${withAccount}
          WHERE transaction.sequence > ${last} AND transaction.sequence <= ${end}
          ORDER BY transaction.sequence, entry.position
        `;
      }
    },
  };
}

const instantText = (column: Prisma.Sql) =>
  Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const exportedColumns = Prisma.sql`
  transaction.sequence, transaction.id AS "transactionId", transaction.kind, transaction.reference,
    transaction.reverses, ${instantText(Prisma.sql`transaction.effective_at`)} AS "effectiveAt",
    ${instantText(Prisma.sql`transaction.posted_at`)} AS "postedAt", transaction.metadata,
    entry.position, account.address AS account, account.owner_id AS "ownerId", account.currency, entry.direction,
    entry.amount, entry.balance, entry.version
`;

function filtersOf({ direction, kinds }: EntryRange): Prisma.Sql {
  return Prisma.sql`
    ${direction ? Prisma.sql`AND entry.direction = ${direction}::entry_direction` : Prisma.empty}
    ${kinds ? Prisma.sql`AND transaction.kind = ANY (${[...kinds]}::transaction_kind[])` : Prisma.empty}
  `;
}

import type { Page } from '@paygraph/subgraph';
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
import type { EntryDirection, TransactionKind } from '../generated/prisma/enums.ts';
import type { Entry } from '../transaction/store.ts';

/** The place of an entry among those of its account: posting time in microseconds since 1970, and version. */
export interface EntryKey {
  readonly micros: bigint;
  readonly version: bigint;
}

/** An entry with its exact place: a `Date` knows no microseconds. */
export type PlacedEntry = Entry & EntryKey;

/** An account at an instant of posting time, to the end of its millisecond: the graph knows no shorter time. */
export interface Instant {
  readonly accountId: string;
  readonly at: Date;
}

/** Where an account stood: what its last entry up to then left. */
export interface Standing {
  /** Entries by then; 0 before the first. */
  readonly version: bigint;
  /** Posted on the normal side, in minor units. */
  readonly balance: bigint;
}

/** Which entries of an account. What is left out does not restrict. */
export interface EntryRange {
  readonly accountId: string;
  /** Posted at or after it. */
  readonly from?: Date | undefined;
  /** Posted before it. */
  readonly until?: Date | undefined;
  readonly direction?: EntryDirection | undefined;
  readonly kinds?: readonly TransactionKind[] | undefined;
}

export type EntryStore = ReturnType<typeof createEntryStore>;

/** Reads the entries of accounts: where they stood, and statements. */
export function createEntryStore(database: PrismaClient) {
  return {
    /** One per account and instant, in the order given: one index look-up each. Undefined before the history at hand. */
    standingsAt: async (asked: readonly Instant[]): Promise<(Standing | undefined)[]> => {
      const rows = await database.$queryRaw<(Standing & { ordinal: number })[]>(standingsSql(asked));
      const standings = new Map(rows.map(({ ordinal, version, balance }) => [ordinal, { version, balance }]));
      return asked.map((_, index) => standings.get(index + 1));
    },

    /**
     * Reads on in an account, each time up to `limit` entries after a version, in the order of posting. It remembers where
     * the last ones ended; a version it does not know is looked for by halving the account's time.
     */
    reader: (accountId: string) => {
      let last: EntryKey | undefined;
      return async (version: bigint, limit: number): Promise<Entry[]> => {
        const micros = last?.version === version ? Prisma.sql`${last.micros}` : Prisma.sql`NULL`;
        const rows = await database.$queryRaw<PlacedEntry[]>(readOnSql(accountId, version, micros, limit));
        last = rows.at(-1) ?? last;
        return rows;
      };
    },

    /** Newest first, one row more than the page has, if there is one. The cursor is an {@link EntryKey}. */
    page: (range: EntryRange, page: Page): Promise<PlacedEntry[]> =>
      database.$queryRaw<PlacedEntry[]>(pageSql(range, page)),
  };
}

/**
 * What the last entry of each account up to the end of the instant's millisecond left, or months that were detached; no row
 * where the instant is in one of those.
 */
export function standingsSql(asked: readonly Instant[]): Prisma.Sql {
  const ids = asked.map(({ accountId }) => accountId);
  const ends = asked.map(({ at }) => new Date(at.getTime() + 1).toISOString());
  return Prisma.sql`
    SELECT asked.ordinal::integer, coalesce(last.version, carried.version, 0) AS version,
      coalesce(
        last.balance,
        CASE account.normal_balance
          WHEN 'CREDIT' THEN carried.credits - carried.debits ELSE carried.debits - carried.credits
        END,
        0
      ) AS balance
    FROM unnest(${ids}::text[], ${ends}::timestamptz[]) WITH ORDINALITY AS asked (account_id, until, ordinal)
    JOIN account ON account.id = asked.account_id
    JOIN history_start AS start ON start.since <= greatest(asked.until, account.created_at)
    LEFT JOIN LATERAL (${lastBefore(Prisma.sql`account.number`, Prisma.sql`asked.until`)}) AS last ON true
    LEFT JOIN carried_forward AS carried ON carried.account_number = account.number
  `;
}

/** @param micros when the version was posted; null to look for it */
function readOnSql(accountId: string, version: bigint, micros: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT ${entryColumns}, ${microsOf} AS micros
    FROM account
    CROSS JOIN LATERAL (
      SELECT coalesce(${micros}::bigint, micros_of_version(account.number, ${version}::bigint)) AS micros
    ) AS seen
    CROSS JOIN LATERAL (
      SELECT * FROM entry
      WHERE account_number = account.number
        AND (posted_at, version) > (timestamptz 'epoch' + seen.micros * interval '1 microsecond', ${version}::bigint)
      ORDER BY posted_at, version LIMIT ${limit}
    ) AS entry
    ${withTransaction}
    WHERE account.id = ${accountId}
    ORDER BY entry.posted_at, entry.version
  `;
}

export function pageSql(range: EntryRange, { limit, cursor, backward }: Page): Prisma.Sql {
  const { direction, kinds } = range;
  const conditions = [entriesIn(range)];
  if (direction) conditions.push(Prisma.sql`entry.direction = ${direction}::entry_direction`);
  if (kinds) conditions.push(Prisma.sql`transaction.kind = ANY (${[...kinds]}::transaction_kind[])`);
  const [micros, version] = cursor ?? [];
  if (micros !== undefined && version !== undefined) {
    const key = keyOf({ micros: BigInt(micros), version: BigInt(version) });
    conditions.push(Prisma.sql`(entry.posted_at, entry.version) ${backward ? Prisma.sql`>` : Prisma.sql`<`} ${key}`);
  }
  const order = backward ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  return Prisma.sql`
    SELECT ${entryColumns}, ${microsOf} AS micros
    FROM (
      SELECT entry.* FROM entry ${kinds ? withTransaction : Prisma.empty}
      WHERE ${Prisma.join(conditions, ' AND ')}
      ORDER BY entry.posted_at ${order}, entry.version ${order}
      LIMIT ${limit + 1}
    ) AS entry ${withTransaction} ${withAccount}
    ORDER BY entry.posted_at ${order}, entry.version ${order}
  `;
}

/** The columns of an {@link Entry}, of it and of its account and transaction. */
export const entryColumns = Prisma.sql`account.id AS "accountId", entry.posted_at AS "postedAt", entry.version,
  transaction.id AS "transactionId", entry.position, entry.direction, entry.amount, entry.balance`;

/** An entry's posting time as {@link EntryKey} has it. */
export const microsOf = Prisma.sql`(extract(epoch FROM entry.posted_at) * 1000000)::bigint`;

/** From entries to their transactions, by the key. */
export const withTransaction = Prisma.sql`
  JOIN transaction ON transaction.sequence = entry.sequence AND transaction.posted_at = entry.posted_at`;

/** From entries to their accounts. */
export const withAccount = Prisma.sql`JOIN account ON account.number = entry.account_number`;

/** A key as the row that the primary key compares. */
export function keyOf({ micros, version }: EntryKey): Prisma.Sql {
  return Prisma.sql`(timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond', ${version}::bigint)`;
}

/** Those of the account and the time of a range. */
export function entriesIn({ accountId, from, until }: EntryRange): Prisma.Sql {
  return Prisma.sql`entry.account_number = (SELECT number FROM account WHERE id = ${accountId})
    ${from ? Prisma.sql`AND entry.posted_at >= ${from.toISOString()}::timestamptz` : Prisma.empty}
    ${until ? Prisma.sql`AND entry.posted_at < ${until.toISOString()}::timestamptz` : Prisma.empty}`;
}

/** The account's last entry posted before an instant: one look-up in the primary key. */
function lastBefore(accountNumber: Prisma.Sql, instant: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT entry.version, entry.balance FROM entry
    WHERE entry.account_number = ${accountNumber} AND entry.posted_at < ${instant}
    ORDER BY entry.posted_at DESC, entry.version DESC LIMIT 1
  `;
}

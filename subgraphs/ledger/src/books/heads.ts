import { digestOf, type KeySource, StatementError } from '@paygraph/auth';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { type Head, headIn } from '../heads/head.ts';

export type HeadReader = Pick<PrismaClient, 'seal' | 'signedHead'>;

/** What was found of signed heads. */
export interface Heads {
  readonly count: number;
  /** The last of them. */
  readonly last: Head | undefined;
  readonly fault: string | undefined;
}

const perPage = 500;

/**
 * Checks the signed heads in the table: that each says what its row says, names the one before it, and stands on the chain.
 * Their signatures too, if there are keys.
 */
export async function headsInTable(database: HeadReader, keys?: KeySource): Promise<Heads> {
  let count = 0;
  let last: Head | undefined;
  let previous: string | null = null;
  for (;;) {
    const rows = await database.signedHead.findMany({
      where: { sequence: { gt: last?.sequence ?? -1n } },
      orderBy: { sequence: 'asc' },
      take: perPage,
    });
    const links = await linksAt(
      database,
      rows.map(({ sequence }) => sequence),
    );
    for (const { statement, sequence, hash, signedAt } of rows) {
      const head = await readable(statement, keys);
      const name = `the head signed at ${signedAt.toISOString()} for ${sequence}`;
      if (typeof head === 'string') return { count, last, fault: `${name}: ${head}` };
      const isSame =
        head.sequence === sequence && head.hash === hex(hash) && head.signedAt.getTime() === signedAt.getTime();
      if (!isSame) return { count, last, fault: `${name} says something else` };
      if (head.previous !== previous) return { count, last, fault: `${name} does not follow the one before it` };
      if (links.get(sequence) !== head.hash) return { count, last, fault: `${name} is not on the chain` };
      previous = digestOf(statement);
      last = head;
      count += 1;
    }
    if (rows.length < perPage) return { count, last, fault: undefined };
  }
}

/** A compact JWS: two JSON objects and a signature. */
const statements = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g;

/**
 * Checks heads that were kept elsewhere: lines of a log, or whatever else contains them, one to a line.
 *
 * @param lines texts with a statement in each; lines without one are passed over
 */
export async function headsInLines(
  database: HeadReader,
  lines: AsyncIterable<string> | Iterable<string>,
  keys: KeySource,
): Promise<Heads> {
  let count = 0;
  let last: Head | undefined;
  for await (const line of lines) {
    for (const [statement] of line.matchAll(statements)) {
      const head = await readable(statement, keys);
      if (typeof head === 'string') return { count, last, fault: `${statement}: ${head}` };
      const links = await linksAt(database, [head.sequence]);
      if (links.get(head.sequence) !== head.hash) {
        const name = `the head signed at ${head.signedAt.toISOString()} for ${head.sequence}`;
        return { count, last, fault: `${name} is not on the chain: these are other books, or what was signed is gone` };
      }
      if (!last || head.sequence > last.sequence) last = head;
      count += 1;
    }
  }
  return { count, last, fault: undefined };
}

/** The head, or why there is none. */
async function readable(statement: string, keys: KeySource | undefined): Promise<Head | string> {
  try {
    return await headIn(statement, keys);
  } catch (error) {
    if (error instanceof StatementError) return error.message;
    throw error;
  }
}

async function linksAt(database: HeadReader, sequences: readonly bigint[]): Promise<Map<bigint, string>> {
  const seals = await database.seal.findMany({
    where: { lastSequence: { in: [...sequences] } },
    select: { lastSequence: true, hash: true },
  });
  return new Map(seals.map(({ lastSequence, hash }) => [lastSequence, hex(hash)]));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

import { readFileSync } from 'node:fs';
import { type ChainMark, walkChain } from '../books/chain.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** How far the books are proven, and what was found wrong on the way, in words. */
export interface Proven {
  readonly mark: ChainMark;
  readonly faults: readonly string[];
}

/** What all accounts of a currency were debited and credited, in minor units. */
export interface CurrencySums {
  readonly currency: string;
  readonly debits: bigint;
  readonly credits: bigint;
}

const sql = (name: string) => readFileSync(new URL(`${name}.sql`, import.meta.url), 'utf8');
const [sliceSql, accountsSql, pendingSql] = ['slice', 'accounts', 'pending'].map(sql);

/** Transactions, or accounts, that one slice looks at. */
const sliceSize = 1_000;
/** Longest time in ms of a snapshot: below that of the service's role, so that it is told why. */
const sliceTimeoutMs = 9_000;

export type Proof = ReturnType<typeof createProof>;

/** Proves the books in slices: each is one short read-only snapshot. */
export function createProof(database: PrismaClient) {
  /** One state of everything, which nothing in here can change. */
  const inSnapshot = <Result>(read: (snapshot: Snapshot) => Promise<Result>): Promise<Result> =>
    database.$transaction(
      async (snapshot) => {
        await snapshot.$executeRaw`SET TRANSACTION READ ONLY`;
        await snapshot.$executeRaw`LOCK TABLE history_start IN ACCESS SHARE MODE`;
        return read(snapshot);
      },
      { isolationLevel: 'RepeatableRead', maxWait: 5_000, timeout: sliceTimeoutMs },
    );

  return {
    mark: async (): Promise<ChainMark> => {
      const { sequence, hash } = await database.proof.findFirstOrThrow();
      return { sequence, hash };
    },

    headSequence: async (): Promise<bigint> => (await database.ledgerHead.findFirstOrThrow()).sequence,

    /**
     * Proves the transactions of the next seals after the mark: their chain, and each with its entries and what it refers
     * to. The mark moves on only over what is sound.
     */
    nextSlice: async (mark: ChainMark): Promise<Proven> => {
      const proven = await inSnapshot((snapshot) => sliceIn(snapshot, mark));
      const { sequence, hash } = proven.mark;
      if (proven.faults.length > 0) return { ...proven, mark };
      if (sequence > mark.sequence)
        await database.$queryRaw`SELECT record_proof(${mark.sequence}, ${sequence}, ${hash}::bytea)`;
      return proven;
    },

    /** Compares the counters of the next accounts by id with their last entries. `next` is where to go on, if anywhere. */
    accountsAfter: async (id: string): Promise<{ next: string | undefined; faults: string[] }> => {
      const rows = await database.$queryRawUnsafe<{ id: string; fault: string | null }[]>(
        accountsSql ?? '',
        id,
        sliceSize,
      );
      const faults = rows.flatMap(({ fault }) => (fault === null ? [] : [fault]));
      return { next: rows.length < sliceSize ? undefined : rows.at(-1)?.id, faults };
    },

    /** Compares what is pending with what reservations hold. */
    pending: async (): Promise<string[]> => {
      const rows = await database.$queryRawUnsafe<{ fault: string }[]>(pendingSql ?? '');
      return rows.map(({ fault }) => fault);
    },

    /** What was debited and credited in each currency, from one snapshot. */
    sums: async (): Promise<CurrencySums[]> => {
      const rows = await database.$queryRaw<{ currency: string; debits: string; credits: string }[]>`
        SELECT currency, sum(debits_posted)::text AS debits, sum(credits_posted)::text AS credits
        FROM account GROUP BY currency
      `;
      return rows.map(({ currency, debits, credits }) => ({
        currency,
        debits: BigInt(debits),
        credits: BigInt(credits),
      }));
    },
  };
}

type Snapshot = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

async function sliceIn(snapshot: Snapshot, mark: ChainMark): Promise<Proven> {
  if (mark.sequence > 0n) {
    const seal = await snapshot.seal.findUnique({ where: { lastSequence: mark.sequence } });
    if (!seal || Buffer.compare(seal.hash, mark.hash) !== 0)
      return { mark, faults: [`the seal at ${mark.sequence} is not the one that was proven`] };
  }
  const { mark: reached, fault } = await walkChain(snapshot, mark, BigInt(sliceSize));
  // A broken chain stops before the transaction at fault: what is wrong with that is looked for all the same.
  const last = fault === undefined ? reached.sequence : mark.sequence + BigInt(sliceSize);
  const rows = await snapshot.$queryRawUnsafe<{ fault: string }[]>(sliceSql ?? '', mark.sequence, last);
  return { mark: reached, faults: [...(fault === undefined ? [] : [fault]), ...rows.map((row) => row.fault)] };
}

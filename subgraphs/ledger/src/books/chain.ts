import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** What the chain is read from: one snapshot, or it may be caught in the middle of a batch. */
export type ChainReader = Pick<PrismaClient, '$queryRawUnsafe' | 'seal' | 'ledgerHead' | 'historyStart'>;

interface Content {
  readonly id: string;
  readonly sequence: bigint;
  readonly hash: Uint8Array;
}

const contentsSql = readFileSync(new URL('contents.sql', import.meta.url), 'utf8');
const transactionsPerPage = 1_000;
const sealsPerPage = 64;

/** A place in the chain: everything up to a sequence, and the link of the seal there. */
export interface ChainMark {
  readonly sequence: bigint;
  readonly hash: Uint8Array;
}

/** Before the first transaction. */
export const genesis: ChainMark = { sequence: 0n, hash: new Uint8Array(32) };

/**
 * Walks the hash chain from the first transaction to the head, a page at a time, as docs/ledger-hash-chain.md has it.
 *
 * @returns the first fault, in words; undefined when every transaction is what was sealed
 */
export async function faultInChain(database: ChainReader): Promise<string | undefined> {
  const { fault, mark } = await walkChain(database, genesis);
  if (fault !== undefined) return fault;
  const [unsealed] = await database.$queryRawUnsafe<Content[]>(contentsSql, mark.sequence, 1);
  if (unsealed) return `${unsealed.id} is not sealed`;
  const head = await database.ledgerHead.findFirst();
  return head && isSame(mark.hash, head.hash) ? undefined : 'the head is not at the last seal';
}

/**
 * Walks from a place that is known to be good, seal by seal, until there is no further one or `atMost` transactions have
 * been seen. Of transactions in months that were detached there are the seals alone.
 *
 * @returns how far the chain holds, and the first fault after it, in words
 */
export async function walkChain(
  database: ChainReader,
  from: ChainMark,
  atMost?: bigint,
): Promise<{ readonly mark: ChainMark; readonly fault?: string }> {
  const start = await database.historyStart.findFirst({ select: { sequence: true } });
  if (!start) return { mark: from, fault: 'history_start is gone' };
  const { sequence: detached } = start;
  const contents = contentsAfter(database, from.sequence > detached ? from.sequence : detached);
  let mark = from;
  for await (const seal of sealsAfter(database, from.sequence)) {
    const checked = await followedBy(mark, seal, contents, detached);
    if (typeof checked === 'string') return { mark, fault: checked };
    mark = checked;
    if (atMost !== undefined && mark.sequence - from.sequence >= atMost) break;
  }
  return { mark };
}

/** The place after a seal, or why it does not follow the one before. Contents begin after what is detached. */
async function followedBy(
  { sequence: last, hash }: ChainMark,
  seal: { readonly lastSequence: bigint; readonly contents: readonly Uint8Array[]; readonly hash: Uint8Array },
  contents: AsyncGenerator<Content, undefined>,
  detached: bigint,
): Promise<ChainMark | string> {
  // A seal that does not fit itself says nothing of the transactions.
  const link = linkOf(hash, seal.contents);
  if (!isSame(link, seal.hash)) return `the seal at ${seal.lastSequence} does not follow the one before it`;
  let sequence = last;
  for (const sealed of seal.contents) {
    sequence += 1n;
    if (sequence <= detached) continue;
    const { value: content } = await contents.next();
    if (content?.sequence !== sequence) return `transaction ${sequence} of the sequence is missing`;
    if (!isSame(content.hash, sealed)) return `${content.id} is not what was sealed as transaction ${sequence}`;
  }
  if (seal.lastSequence !== sequence)
    return `the seal at ${seal.lastSequence} is of the transactions up to ${sequence}`;
  return { sequence, hash: link };
}

function linkOf(previous: Uint8Array, contents: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256').update(previous);
  for (const content of contents) hash.update(content);
  return hash.digest();
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** The transactions after a sequence, in its order. */
async function* contentsAfter(database: ChainReader, after: bigint): AsyncGenerator<Content, undefined> {
  for (let last = after; ; ) {
    const page = await database.$queryRawUnsafe<Content[]>(contentsSql, last, transactionsPerPage);
    yield* page;
    last = page.at(-1)?.sequence ?? last;
    if (page.length < transactionsPerPage) return undefined;
  }
}

async function* sealsAfter(database: ChainReader, after: bigint) {
  for (let last = after; ; ) {
    const page = await database.seal.findMany({
      where: { lastSequence: { gt: last } },
      orderBy: { lastSequence: 'asc' },
      take: sealsPerPage,
    });
    yield* page;
    last = page.at(-1)?.lastSequence ?? last;
    if (page.length < sealsPerPage) return;
  }
}

import { MAX_AMOUNT } from '@paygraph/money';
import { type AccountAddress, addressText } from '../account/chart.ts';
import type { EntryDirection, TransactionKind } from '../generated/prisma/enums.ts';
import type { NewEntry } from './commands.ts';

/** What all commands that name entries have in common. */
export interface BatchItem {
  readonly id: string;
  readonly fingerprint: string;
  /** None, where all that is left is meant. */
  readonly entries?: readonly NewEntry[] | undefined;
}

/** What single commands add to a batch: one element per item. */
export interface BatchColumns {
  readonly targets?: readonly string[];
  readonly kinds?: readonly TransactionKind[];
  readonly references?: readonly string[];
  readonly effectiveAt?: readonly (Date | undefined)[];
  readonly expiresAt?: readonly Date[];
  readonly metadata?: readonly Readonly<Record<string, unknown>>[];
  readonly linked?: readonly boolean[];
  readonly releases?: readonly boolean[];
}

interface BatchOptions {
  readonly columns: BatchColumns;
  /** Whether credits become available only later. */
  readonly reserving?: boolean;
}

/**
 * A literal of the SQL type `batch`: items taken apart into arrays, each account named once, so that the database takes
 * nothing apart again. PostgreSQL reads arrays several times faster than JSON.
 */
export function batchOf(items: readonly BatchItem[], { columns, reserving = false }: BatchOptions): string {
  const accounts = createSlots();
  const slots: number[] = [];
  const directions: EntryDirection[] = [];
  const amounts: bigint[] = [];
  const nets: bigint[] = [];
  for (const { entries = [] } of items) {
    for (const { account, direction, amount } of entries) {
      slots.push(accounts.slotFor(account, direction, amount));
      directions.push(direction);
      amounts.push(amount);
    }
    nets.push(...netsOf(entries, reserving));
  }
  return recordLiteral([
    array(accounts.named, addressText),
    array(accounts.named, ({ purpose }) => purpose),
    array(accounts.named, ({ currency }) => currency),
    array(accounts.named, ({ rail }) => rail && quoted(rail)), // one may be called `null`
    array(accounts.debits, fitting),
    array(accounts.credits, fitting),
    array(items, ({ id }) => id),
    array(items, ({ fingerprint }) => quoted(`\\x${fingerprint}`)),
    array(columns.targets),
    array(columns.kinds),
    array(columns.references, quoted),
    array(columns.effectiveAt, (instant) => instant && quoted(instant.toISOString())),
    array(columns.expiresAt, (instant) => quoted(instant.toISOString())),
    array(columns.metadata, (metadata) => quoted(JSON.stringify(metadata))),
    array(columns.linked),
    array(columns.releases),
    array(items, ({ entries = [] }) => entries.length),
    array(slots),
    array(directions),
    array(amounts),
    array(nets),
  ]);
}

type Element = string | number | bigint | boolean | undefined;

/** An array literal. Elements that may be `null` or hold anything but letters, digits and `_/-` are to be {@link quoted}. */
function array<Item>(
  items: readonly Item[] | undefined,
  element: (item: Item) => Element = (item) => item as Element,
): string | undefined {
  return items && `{${items.map((item) => element(item) ?? 'NULL').join(',')}}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A composite literal; what is undefined is null. */
function recordLiteral(fields: readonly (string | undefined)[]): string {
  return `(${fields.map((field) => (field === undefined ? '' : quoted(field))).join(',')})`;
}

/** Of each entry: what its account loses by all entries of the item, or by itself if credits do not count yet. */
function netsOf(entries: readonly NewEntry[], reserving: boolean): bigint[] {
  const signed = entries.map(({ direction, amount }) => (direction === 'DEBIT' ? amount : -amount));
  if (reserving) return signed;
  return entries.map(({ account, direction }, index) => {
    const counter = entries.findIndex(
      (other) => other.direction !== direction && addressText(other.account) === addressText(account),
    );
    return (signed[index] ?? 0n) + (signed[counter] ?? 0n);
  });
}

/** Slots count from 1, as PostgreSQL's arrays do. Each account keeps the sums of what is moved on it. */
function createSlots() {
  const named: AccountAddress[] = [];
  const debits: bigint[] = [];
  const credits: bigint[] = [];
  const indexes = new Map<string, number>();
  const slotFor = (account: AccountAddress, direction: EntryDirection, amount: bigint): number => {
    const key = `${addressText(account)} ${account.currency}`;
    let index = indexes.get(key);
    if (index === undefined) {
      index = named.push(account) - 1;
      indexes.set(key, index);
      debits.push(0n);
      credits.push(0n);
    }
    const sums = direction === 'DEBIT' ? debits : credits;
    sums[index] = (sums[index] ?? 0n) + amount;
    return index + 1;
  };
  return { named, debits, credits, slotFor };
}

/** Sums beyond 64 bits never fit, nor does the largest number of 64 bits. */
const fitting = (sum: bigint): bigint => (sum > MAX_AMOUNT ? MAX_AMOUNT : sum);

import { currencyOf, formatAmount } from '@paygraph/money';
import { stringify } from 'csv-stringify/sync';
import type { ExportFormat, ExportRequest } from './request.ts';
import type { ExportedEntry, Pages } from './store.ts';

type Value = string | object | null;
type Column = readonly [name: string, value: (entry: ExportedEntry) => Value];

const money = (amount: bigint, currency: string) => formatAmount({ amount, currency: currencyOf(currency) });

/** What both kinds of export show of an entry. */
const columns: readonly Column[] = [
  ['postedAt', ({ postedAt }) => postedAt],
  ['effectiveAt', ({ effectiveAt }) => effectiveAt],
  ['transactionId', ({ transactionId }) => transactionId],
  ['kind', ({ kind }) => kind],
  ['reference', ({ reference }) => reference],
  ['position', ({ position }) => position.toString()],
  ['direction', ({ direction }) => direction],
  ['currency', ({ currency }) => currency],
  ['amount', ({ amount, currency }) => money(amount, currency)],
  ['balanceAfter', ({ balance, currency }) => money(balance, currency)],
  ['version', ({ version }) => version.toString()],
];

/** What the journal shows besides, for staff. */
const journalColumns: readonly Column[] = [
  ['sequence', ({ sequence }) => sequence.toString()],
  ...columns,
  ['account', ({ account }) => account],
  ['ownerId', ({ ownerId }) => ownerId],
  ['reverses', ({ reverses }) => reverses],
  ['metadata', ({ metadata }) => metadata],
];

export const contentTypes: Readonly<Record<ExportFormat, string>> = {
  CSV: 'text/csv; charset=utf-8; header=present',
  JSON_LINES: 'application/jsonl; charset=utf-8',
};

/** The text of an export, a piece for each page. */
export async function* textOf(pages: Pages, { of, format }: ExportRequest): AsyncGenerator<string, void, undefined> {
  const shown = of === 'journal' ? journalColumns : columns;
  if (format === 'CSV') yield csv([shown.map(([name]) => name)]);
  for await (const entries of pages) {
    if (entries.length === 0) continue;
    yield format === 'CSV' ? csv(entries.map((entry) => csvRow(shown, entry))) : jsonLines(shown, entries);
  }
}

function jsonLines(shown: readonly Column[], entries: readonly ExportedEntry[]): string {
  const lines = entries.map((entry) =>
    JSON.stringify(Object.fromEntries(shown.map(([name, of]) => [name, of(entry)]))),
  );
  return `${lines.join('\n')}\n`;
}

function csvRow(shown: readonly Column[], entry: ExportedEntry): string[] {
  return shown.map(([name, of]) => {
    const value = of(entry) ?? '';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return textByOthers.has(name) ? withoutFormula(text) : text;
  });
}

/** RFC 4180; a line feed alone is quoted too, which the library leaves out. */
function csv(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );
}

/** Not amounts: a balance below zero begins with `-` and has to stay a number. */
const textByOthers = new Set(['reference', 'account', 'metadata']);

/** Spreadsheets run text that begins so, whoever wrote it. */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
}

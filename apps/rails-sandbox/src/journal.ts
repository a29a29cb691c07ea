import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { currencyOf } from '@paygraph/money';
import type { Entry } from './books.ts';

/** Where the books outlive the process: one line of JSON per entry, on the disk before the entry counts. */
export interface Journal {
  readonly history: readonly Entry[];
  write(entry: Entry): void;
}

export function openJournal(file: string | undefined): Journal {
  if (file === undefined) return { history: [], write: () => undefined };
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  mkdirSync(dirname(file), { recursive: true });
  // The last line is cut short if the process ended while it was written: then nobody has been told of it.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) appendFileSync(file, '\n');
  return {
    history: whole.split('\n').flatMap((line) => entryIn(line)),
    write: (entry) => appendFileSync(file, `${JSON.stringify(entry, bigintToText)}\n`),
  };
}

function bigintToText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function entryIn(line: string): Entry[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line, textToMoney)];
  } catch {
    return [];
  }
}

function textToMoney(key: string, value: unknown): unknown {
  if (key === 'charge' && typeof value === 'string') return BigInt(value);
  if (typeof value !== 'object' || value === null || !('amount' in value) || !('currency' in value)) return value;
  const { amount, currency } = value;
  if (typeof amount !== 'string' || typeof currency !== 'string') return value;
  return { amount: BigInt(amount), currency: currencyOf(currency) };
}

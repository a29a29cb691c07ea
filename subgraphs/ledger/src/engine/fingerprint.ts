import { hash } from 'node:crypto';
import { addressText } from '../account/chart.ts';
import type { Capture, NewEntry, NewReservation, NewReversal, NewTransaction } from './commands.ts';

/**
 * SHA-256, in hex, of what a command asks for, under an id that is not part of it: equal content has equal
 * fingerprints, whatever the order of keys in its metadata. What is left out counts as left out, not as what it stands for.
 */

/** @param linked the ids that it posts together with, its own among them: part of what is asked for */
export function transactionFingerprint(transaction: NewTransaction, linked: readonly string[] = []): string {
  const { kind, reference, entries, effectiveAt, metadata } = transaction;
  const parts = ['post', kind, reference, entries.map(content), instant(effectiveAt), stored(metadata)];
  return digest(linked.length > 1 ? [...parts, linked] : parts);
}

export function reversalFingerprint({ reverses, entries, effectiveAt, metadata }: NewReversal): string {
  const parts = entries?.map(content) ?? null;
  return digest(['reverse', reverses, parts, instant(effectiveAt), stored(metadata)]);
}

export function reservationFingerprint({ kind, reference, entries, expiresAt }: NewReservation): string {
  return digest(['reserve', kind, reference, entries.map(content), instant(expiresAt)]);
}

export function captureFingerprint(capture: Capture): string {
  const { reservationId, entries, releaseRest = true, effectiveAt, metadata } = capture;
  const parts = entries?.map(content) ?? null;
  return digest(['capture', reservationId, parts, releaseRest, instant(effectiveAt), stored(metadata)]);
}

function content({ account, direction, amount }: NewEntry): readonly string[] {
  return [addressText(account), account.currency, direction, amount.toString()];
}

function instant(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}

/** What becomes of metadata as JSON, where a Date is its text, with the keys of its objects in order. */
function stored(metadata: NewTransaction['metadata']): unknown {
  return metadata ? canonical(JSON.parse(JSON.stringify(metadata))) : {};
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonical(inner)]));
}

function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts));
}

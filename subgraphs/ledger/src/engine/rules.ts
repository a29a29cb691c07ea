import { isId } from '@paygraph/ids';
import { MAX_AMOUNT } from '@paygraph/money';
import { type AccountAddress, accountScopes, addressText } from '../account/chart.ts';
import type {
  AccountLimits,
  Capture,
  Extension,
  NewEntry,
  NewReservation,
  NewReversal,
  NewTransaction,
  NewWalletAccount,
  Refusal,
  StatusChange,
} from './commands.ts';

/** What can be said against an item without looking at the books. Undefined: nothing. The first fault counts. */

export function faultInTransaction({ id, reference, entries, effectiveAt, metadata }: NewTransaction) {
  return (
    idFault('txn', id) ??
    referenceFault(reference) ??
    entriesFault(entries) ??
    instantFault('effectiveAt', effectiveAt) ??
    metadataFault(metadata)
  );
}

export function faultInReservation(reservation: NewReservation): Refusal | undefined {
  const { id, reference, entries, expiresAt, captureAs } = reservation;
  return (
    idFault('res', id) ??
    referenceFault(reference) ??
    entriesFault(entries) ??
    instantFault('expiresAt', expiresAt) ??
    (captureAs === undefined ? undefined : idFault('txn', captureAs))
  );
}

export function faultInCapture({ id, reservationId, entries, effectiveAt, metadata }: Capture): Refusal | undefined {
  return (
    idFault('txn', id) ??
    idFault('res', reservationId) ??
    (entries && entriesFault(entries)) ??
    instantFault('effectiveAt', effectiveAt) ??
    metadataFault(metadata)
  );
}

export function faultInReversal({ id, reverses, entries, effectiveAt, metadata }: NewReversal): Refusal | undefined {
  return (
    idFault('txn', id) ??
    idFault('txn', reverses) ??
    (entries && entriesFault(entries)) ??
    instantFault('effectiveAt', effectiveAt) ??
    metadataFault(metadata)
  );
}

export function faultInVoid(reservationId: string): Refusal | undefined {
  return idFault('res', reservationId);
}

export function faultInWalletAccount({ walletId, ownerId }: NewWalletAccount): Refusal | undefined {
  return idFault('wal', walletId) ?? idFault('cus', ownerId);
}

export function faultInStatusChange({ walletId }: StatusChange): Refusal | undefined {
  return idFault('wal', walletId);
}

export function faultInLimits({ walletId, creditLimit, ceiling = 0n }: AccountLimits): Refusal | undefined {
  const isAmount = (amount: bigint) => amount >= 0n && amount <= MAX_AMOUNT;
  return (
    idFault('wal', walletId) ?? (isAmount(creditLimit) && isAmount(ceiling) ? undefined : { code: 'INVALID_AMOUNT' })
  );
}

export function faultInExtension({ reservationId, expiresAt }: Extension): Refusal | undefined {
  return idFault('res', reservationId) ?? instantFault('expiresAt', expiresAt);
}

function idFault(prefix: 'txn' | 'res' | 'wal' | 'cus', id: string): Refusal | undefined {
  return isId(prefix, id) ? undefined : malformed(`The id must be of the form ${prefix}_…`);
}

function referenceFault(reference: string): Refusal | undefined {
  const { length } = [...reference];
  return length >= 1 && length <= 64 && isStorable(reference)
    ? undefined
    : malformed('The reference must be 1 to 64 characters');
}

const leastEntries = 2;
const mostEntries = 32;

function entriesFault(entries: readonly NewEntry[]): Refusal | undefined {
  if (entries.length < leastEntries || entries.length > mostEntries)
    return malformed(`There must be ${leastEntries} to ${mostEntries} entries`);
  const places = new Set<string>();
  const balances = new Map<string, bigint>();
  for (const { account, direction, amount } of entries) {
    const fault = addressFault(account);
    if (fault) return fault;
    const address = addressText(account);
    const place = `${direction} ${address}`;
    if (places.has(place)) return { ...malformed('An account may be named once per side'), account: address };
    places.add(place);
    if (amount <= 0n || amount > MAX_AMOUNT) return { code: 'INVALID_AMOUNT', account: address };
    const signed = direction === 'DEBIT' ? amount : -amount;
    balances.set(account.currency, (balances.get(account.currency) ?? 0n) + signed);
  }
  return [...balances.values()].every((balance) => balance === 0n) ? undefined : { code: 'UNBALANCED' };
}

const railName = /^[A-Za-z0-9_-]{1,32}$/;

function addressFault({ purpose, rail, walletId }: AccountAddress): Refusal | undefined {
  const scope = accountScopes[purpose];
  if ((walletId !== undefined) !== (scope === 'WALLET'))
    return malformed(`${purpose} ${scope === 'WALLET' ? 'needs' : 'takes no'} walletId`);
  if ((rail !== undefined) !== (scope === 'RAIL'))
    return malformed(`${purpose} ${scope === 'RAIL' ? 'needs' : 'takes no'} rail`);
  if (walletId !== undefined && !isId('wal', walletId)) return malformed('walletId must be of the form wal_…');
  if (rail !== undefined && !railName.test(rail)) return malformed('rail must be 1 to 32 letters, digits, - and _');
  return undefined;
}

const earliest = Date.UTC(1970, 0, 1);
const latest = Date.UTC(9999, 11, 31);

function instantFault(name: string, instant: Date | undefined): Refusal | undefined {
  if (!instant) return undefined;
  const time = instant.getTime();
  return time >= earliest && time <= latest ? undefined : malformed(`${name} must be in the years 1970 to 9999`);
}

const mostMetadata = 4 * 1024;

function metadataFault(metadata: Readonly<Record<string, unknown>> | undefined): Refusal | undefined {
  if (!metadata) return undefined;
  const json = JSON.stringify(metadata);
  return Buffer.byteLength(json) <= mostMetadata && isStorable(json)
    ? undefined
    : malformed('metadata must be at most 4 KB of JSON in sound Unicode without NUL');
}

/** PostgreSQL takes neither NUL nor half of a surrogate pair, bare or as JSON writes them. */
function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]|(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/u.test(text);
}

function malformed(message: string): Refusal {
  return { code: 'INVALID_INPUT', message };
}

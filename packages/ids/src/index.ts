import { v7 as uuidv7 } from 'uuid';

/** Every prefix of the platform and the kind of thing it marks. The one place where a new kind of id is declared. */
export const ID_PREFIXES = {
  cus: 'customer',
  ses: 'session',
  wal: 'wallet',
  acc: 'ledger account',
  txn: 'ledger transaction',
  ent: 'ledger entry',
  res: 'reservation',
  pay: 'payment',
  quo: 'payment quote',
  fxq: 'forex quote',
  ast: 'risk assessment',
  req: 'request',
  hld: 'limit hold',
  rfd: 'refund',
  att: 'rail attempt',
  sus: 'suspense item',
  whk: 'rail webhook',
  stl: 'rail settlement',
} as const;

/** A prefix of {@link ID_PREFIXES}. */
export type IdPrefix = keyof typeof ID_PREFIXES;

declare const checked: unique symbol;

/** An id of one kind, such as `pay_0197…`. Made by {@link newId}, or from text by {@link isId} and {@link parseId}. */
export type Id<P extends IdPrefix = IdPrefix> = string & { readonly [checked]: P };

/** 48 bits of time, version 7, then random bits under the variant `10` (RFC 9562, section 5.7). */
const UUID_V7 = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/**
 * A fresh id: the prefix, an underscore and a UUIDv7 as 32 lower-case hex digits without dashes. Ids made by one process
 * sort in the order they were made; ids of several processes sort by their millisecond.
 */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return parseId(prefix, `${prefix}_${uuidv7().replaceAll('-', '')}`);
}

/** Whether the text is a well-formed id of this kind. Says nothing of whether such a thing exists. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  return text.startsWith(`${prefix}_`) && UUID_V7.test(text.slice(prefix.length + 1));
}

/**
 * The text as an id of this kind: for text that was checked before, such as a stored row's.
 * @throws {TypeError} when it is not one. For text from a client use {@link isId} and answer with a typed error.
 */
export function parseId<P extends IdPrefix>(prefix: P, text: string): Id<P> {
  if (isId(prefix, text)) return text;
  throw new TypeError(`Not an id of a ${ID_PREFIXES[prefix]} ("${prefix}_" and a UUIDv7): ${JSON.stringify(text)}`);
}

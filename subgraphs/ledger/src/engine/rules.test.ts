import { newId } from '@paygraph/ids';
import { MAX_AMOUNT } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import { credit, debit, eur, house, ofRail, reservation, transaction, usd, wallet } from '../testing/fixture.ts';
import type { NewEntry, NewTransaction } from './commands.ts';
import { transactionFingerprint } from './fingerprint.ts';
import { faultInCapture, faultInReservation, faultInTransaction, faultInVoid, faultInWalletAccount } from './rules.ts';

const sound = [debit(house('SETTLEMENT'), 5n), credit(ofRail('RAIL_CLEARING'), 5n)];

describe('a transaction', () => {
  it('has nothing said against it when it is sound', () => {
    expect(faultInTransaction(transaction(sound))).toBeUndefined();
  });

  it.each<[string, string, NewEntry[]]>([
    ['INVALID_INPUT', 'one entry', sound.slice(1)],
    ['INVALID_INPUT', '33 entries', Array.from({ length: 33 }, (_, n) => debit(ofRail('RAIL_COST', usd, `r${n}`), 1n))],
    ['INVALID_AMOUNT', 'an amount of zero', [debit(house('SETTLEMENT'), 0n), credit(ofRail('RAIL_CLEARING'), 0n)]],
    ['INVALID_AMOUNT', 'an amount below zero', [debit(house('SETTLEMENT'), -5n), credit(ofRail('RAIL_CLEARING'), -5n)]],
    [
      'INVALID_AMOUNT',
      'an amount beyond 64 bits',
      [debit(house('SETTLEMENT'), MAX_AMOUNT + 1n), credit(ofRail('RAIL_CLEARING'), MAX_AMOUNT + 1n)],
    ],
    ['UNBALANCED', 'sides that differ', [debit(house('SETTLEMENT'), 5n), credit(ofRail('RAIL_CLEARING'), 4n)]],
    [
      'UNBALANCED',
      'sides that agree only over two currencies',
      [debit(house('SETTLEMENT'), 5n), credit(house('SETTLEMENT', eur), 5n)],
    ],
    [
      'INVALID_INPUT',
      'an account twice on one side',
      [...sound, debit(house('SETTLEMENT'), 5n), credit(house('SUSPENSE'), 5n)],
    ],
    ['INVALID_INPUT', 'a rail account without rail', [debit(house('RAIL_COST'), 5n), credit(house('SUSPENSE'), 5n)]],
    ['INVALID_INPUT', 'a house account with rail', [debit(ofRail('SUSPENSE'), 5n), credit(house('SUSPENSE'), 5n)]],
    ['INVALID_INPUT', 'a wallet account without wallet', [debit(house('WALLET'), 5n), credit(house('SUSPENSE'), 5n)]],
    [
      'INVALID_INPUT',
      'a rail with a slash',
      [debit(ofRail('RAIL_COST', usd, 'a/b'), 5n), credit(house('SUSPENSE'), 5n)],
    ],
    ['INVALID_INPUT', 'a wallet of another kind', [debit(wallet(newId('cus')), 5n), credit(house('SUSPENSE'), 5n)]],
    [
      'INVALID_INPUT',
      'a wallet in two currencies on one side',
      ((id) => [debit(wallet(id), 5n), debit(wallet(id, eur), 5n), credit(house('SUSPENSE'), 5n)])(newId('wal')),
    ],
  ])('is refused as %s for %s', (code, _what, entries) => {
    expect(faultInTransaction(transaction(entries))).toMatchObject({ code });
  });

  it('may debit and credit one account', () => {
    expect(
      faultInTransaction(transaction([debit(house('SUSPENSE'), 5n), credit(house('SUSPENSE'), 5n)])),
    ).toBeUndefined();
  });

  it.each<[string, Partial<NewTransaction>]>([
    ['another kind of id', { id: newId('res') }],
    ['an empty reference', { reference: '' }],
    ['a reference of 65 characters', { reference: 'x'.repeat(65) }],
    ['NUL in the reference', { reference: 'a\0b' }],
    ['a year that PostgreSQL has not', { effectiveAt: new Date('0000-01-01T00:00:00Z') }],
    ['an invalid date', { effectiveAt: new Date(Number.NaN) }],
    ['metadata above 4 KB', { metadata: { note: 'x'.repeat(4096) } }],
    ['NUL in the metadata', { metadata: { note: 'a\0b' } }],
    ['half a character in the metadata', { metadata: { note: '\ud800' } }],
  ])('is refused for %s', (_what, given) => {
    expect(faultInTransaction(transaction(sound, given))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each([
    [{ reference: '😀'.repeat(64) }],
    [{ metadata: { note: '\\u0000 and \\ud800 spelt out', ключ: ['é', '😀', null, 1.5] } }],
    [{ metadata: {} }],
  ])('may carry %j', (given) => {
    expect(faultInTransaction(transaction(sound, given))).toBeUndefined();
  });
});

describe('the other commands', () => {
  it('are refused for ids of another kind', () => {
    expect(faultInReservation(reservation(sound, { id: newId('txn') }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(faultInVoid(newId('txn'))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(faultInCapture({ id: newId('txn'), reservationId: newId('pay') })).toMatchObject({ code: 'INVALID_INPUT' });
    const account = { walletId: newId('wal'), ownerId: newId('cus'), currency: usd };
    expect(faultInWalletAccount(account)).toBeUndefined();
    expect(faultInWalletAccount({ ...account, ownerId: newId('wal') })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('a fingerprint', () => {
  const payment = transaction(sound, { metadata: { a: { b: 1, c: [1, { d: 2, e: 3 }] } } });

  it('is that of the content: not of the id, nor of the order of keys', () => {
    const same = { ...payment, id: newId('txn'), metadata: { a: { c: [1, { e: 3, d: 2 }], b: 1 } } };
    expect(transactionFingerprint(same)).toBe(transactionFingerprint(payment));
  });

  it('tells objects from lists, and lists in another order', () => {
    const variants = [{ a: { b: 1 } }, { a: [['b', 1]] }, { a: ['b', 1] }, { a: [1, 'b'] }, {}];
    const prints = variants.map((metadata) => transactionFingerprint({ ...payment, metadata }));
    expect(new Set(prints).size).toBe(variants.length);
  });
});

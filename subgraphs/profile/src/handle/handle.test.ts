import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHandle, isHandle, normalizeHandle, skeletonOf } from './handle.ts';

describe('a handle', () => {
  it.each([
    ['Ada_1815', 'ada_1815'],
    ['@ada', 'ada'],
    [' ada ', 'ada'],
    ['ａｄａ', 'ada'],
  ])('%j is kept as %s', (given, handle) => {
    expect(checkHandle(given)).toMatchObject({ kind: 'handle', handle });
  });

  it.each(['ab', 'x'.repeat(31), 'ada lovelace', 'ädä', 'a-b-c', '', '___', 'аda', '\0ada', '@@ada'])(
    'is not %j',
    (given) => {
      expect(checkHandle(given)).toEqual({ kind: 'refused', code: 'HANDLE_INVALID' });
    },
  );

  it.each(['admin', 'Support', '@paygraph', 'pay_graph', 'adrnin', 'supp0rt', 'he_lp'])(
    'is not %s, which is ours',
    (given) => {
      expect(checkHandle(given)).toEqual({ kind: 'refused', code: 'HANDLE_RESERVED' });
    },
  );

  it.each([
    ['paypal', 'paypa1'],
    ['paypal', 'pay_pal'],
    ['modern', 'rnodern'],
    ['owen', '0vven'],
  ])('%s looks like %s', (one, other) => {
    expect(skeletonOf(one)).toBe(skeletonOf(other));
  });

  it('has one normal form, and a skeleton of that', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aA0o1lmrnw_@ '), maxLength: 32 });
    fc.assert(
      fc.property(text, (given) => {
        const handle = normalizeHandle(given);
        if (!isHandle(handle)) return;
        expect(normalizeHandle(handle)).toBe(handle);
        expect(skeletonOf(skeletonOf(handle))).toBe(skeletonOf(handle));
        expect(skeletonOf(handle)).toMatch(/^[a-z0-9]{1,60}$/);
      }),
    );
  });
});

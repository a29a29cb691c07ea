import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ID_PREFIXES, type IdPrefix, isId, newId, parseId } from './index.ts';

const prefixes = Object.keys(ID_PREFIXES) as IdPrefix[];
const anyPrefix = fc.constantFrom(...prefixes);

describe('ids', () => {
  it('are a prefix, an underscore and 32 lower-case hex digits of a UUIDv7', () => {
    expect(newId('pay')).toMatch(/^pay_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  it('sort in the order in which they were made', () => {
    const ids = Array.from({ length: 2_000 }, () => newId('txn'));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('carry the time of their making in the first 48 bits', () => {
    const before = Date.now();
    const made = Number.parseInt(newId('wal').slice(4, 16), 16);
    expect(made).toBeGreaterThanOrEqual(before);
    expect(made).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('are of their own kind and of no other', () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (made, asked) => {
        expect(isId(asked, newId(made))).toBe(made === asked);
      }),
    );
  });

  it.each([
    ['the empty text', ''],
    ['a bare prefix', 'pay_'],
    ['another version of UUID', 'pay_0197aaaabbbb4cccaddddeeeeffff0000'.slice(0, 36)],
    ['upper case', newId('pay').toUpperCase()],
    ['a dashed UUID', 'pay_01979f2e-7c1b-7a3b-8f00-0123456789ab'],
    ['a trailing newline', `${newId('pay')}\n`],
  ])('refuse %s', (_what, text) => {
    expect(isId('pay', text)).toBe(false);
    expect(() => parseId('pay', text)).toThrow(TypeError);
  });

  it('name the kind that was wanted when a stored text is not one', () => {
    expect(() => parseId('fxq', 'nonsense')).toThrow('Not an id of a forex quote');
  });
});

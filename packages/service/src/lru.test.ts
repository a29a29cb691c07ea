import { describe, expect, it } from 'vitest';
import { createLru } from './lru.ts';

describe('a map that forgets', () => {
  it('drops what was used longest ago when its keys grow too long together', () => {
    const lru = createLru<number>({ limit: 12 });
    lru.set('aaa', 1);
    lru.set('bbb', 2);
    lru.set('ccc', 3);
    lru.get('aaa');
    lru.set('ddd', 4);
    lru.set('eee', 5);
    expect(['aaa', 'bbb', 'ccc', 'ddd', 'eee'].map(lru.get)).toEqual([1, undefined, 3, 4, 5]);
  });

  it('drops by whatever size its values have', () => {
    const lru = createLru<string>({ limit: 10, largest: 4, sizeOf: (_key, value) => value.length });
    lru.set('a long key', 'aaaa');
    lru.set('b', 'bbbb');
    lru.set('b', 'bb');
    lru.set('c', 'cccc');
    expect([...lru.values()]).toEqual(['aaaa', 'bb', 'cccc']);
    lru.set('d', 'd');
    expect([...lru.values()]).toEqual(['bb', 'cccc', 'd']);
  });

  it('tells whether it holds something without keeping it for that', () => {
    const lru = createLru<number>({ limit: 4 });
    for (const key of ['a', 'b', 'c', 'd']) lru.set(key, 1);
    expect([lru.has('a'), lru.has('e')]).toEqual([true, false]);
    lru.set('e', 1);
    expect([lru.has('a'), lru.has('e')]).toEqual([false, true]);
  });

  it('tells what it holds in the order of its use', () => {
    const lru = createLru<number>({ limit: 12 });
    lru.set('aaa', 1);
    lru.set('bbb', 2);
    lru.get('aaa');
    expect([...lru.values()]).toEqual([2, 1]);
  });

  it('holds any number of short keys that fit, and counts a key once however often it is set', () => {
    const lru = createLru<number>({ limit: 10 });
    for (let turn = 0; turn < 3; turn += 1) for (let key = 0; key < 10; key += 1) lru.set(String(key), turn);
    expect(lru.get('0')).toBe(2);
  });

  it('holds nothing that is too large alone, and drops nothing for it', () => {
    const lru = createLru<string>({ limit: 8, largest: 3, sizeOf: (_key, value) => value.length });
    lru.set('a', 'aaa');
    lru.set('b', 'bbbb');
    expect([...lru.values()]).toEqual(['aaa']);
    lru.set('a', 'aaaa');
    expect([...lru.values()]).toEqual([]);
  });
});

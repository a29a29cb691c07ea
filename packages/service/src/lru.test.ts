import { describe, expect, it } from 'vitest';
import { createLru } from './lru.ts';

describe('a map that forgets', () => {
  it('drops what was used longest ago when its keys grow too long together', () => {
    const lru = createLru<number>(9);
    lru.set('aaa', 1);
    lru.set('bbb', 2);
    lru.set('ccc', 3);
    lru.get('aaa');
    lru.set('dddd', 4);
    expect(['aaa', 'bbb', 'ccc', 'dddd'].map(lru.get)).toEqual([1, undefined, undefined, 4]);
  });

  it('drops by whatever size its values have', () => {
    const lru = createLru<string>(10, (_key, value) => value.length);
    lru.set('a long key', 'aaaa');
    lru.set('b', 'bbbb');
    lru.set('b', 'bb');
    lru.set('c', 'cccc');
    expect([...lru.values()]).toEqual(['aaaa', 'bb', 'cccc']);
    lru.set('d', 'd');
    expect([...lru.values()]).toEqual(['bb', 'cccc', 'd']);
  });

  it('tells what it holds in the order of its use', () => {
    const lru = createLru<number>(9);
    lru.set('aaa', 1);
    lru.set('bbb', 2);
    lru.get('aaa');
    expect([...lru.values()]).toEqual([2, 1]);
  });

  it('holds any number of short keys that fit, and counts a key once however often it is set', () => {
    const lru = createLru<number>(10);
    for (let turn = 0; turn < 3; turn += 1) for (let key = 0; key < 10; key += 1) lru.set(String(key), turn);
    expect(lru.get('0')).toBe(2);
  });

  it('does not hold what is too long alone', () => {
    const lru = createLru<number>(3);
    lru.set('aaaa', 1);
    expect(lru.get('aaaa')).toBeUndefined();
    lru.set('aaa', 2);
    expect(lru.get('aaa')).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { isSuitablePassword } from './password-quality.ts';

describe('a password that may be chosen', () => {
  it.each(['gecko tangerine', 'x9Kd_27qw', 'ein langer Satz mit Umläuten: öäü'])('%s', (password) => {
    expect(isSuitablePassword(password)).toBe(true);
  });

  it('has 8 to 128 characters, whatever they are made of', () => {
    expect(isSuitablePassword('k7 gecko')).toBe(true);
    expect(isSuitablePassword('7 gecko')).toBe(false);
    expect(isSuitablePassword('🦎'.repeat(128))).toBe(true);
    expect(isSuitablePassword('🦎'.repeat(129))).toBe(false);
  });

  it.each(['password', 'PASSWORD', 'ｐａｓｓｗｏｒｄ', '12345678', '①②③④⑤⑥⑦⑧', 'iloveyou', 'football'])(
    'is not %s, which many have',
    (password) => {
      expect(isSuitablePassword(password)).toBe(false);
    },
  );
});

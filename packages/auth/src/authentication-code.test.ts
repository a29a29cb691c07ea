import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthenticationCode } from './authentication-code.ts';

const expected = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest('base64url');

describe('an authentication code', () => {
  it.each([0, 1, 31, 32, 33, 63, 64])('is the HMAC under a key of %i bytes', (bytes) => {
    const key = randomBytes(bytes);
    expect(createAuthenticationCode(key)('te', 'xt')).toBe(expected(key, 'text'));
  });

  it.each(['a', 'é', '€', '😀', '\ud800', '\0'])(
    'is the HMAC of texts of %j of every length, one after the other',
    (unit) => {
      const key = randomBytes(32);
      const codeOf = createAuthenticationCode(key);
      for (const length of [9_000, 0, 1, 54, 55, 56, 63, 64, 65, 1_365, 1_366, 4_095, 4_096, 4_097, 20_000, 7]) {
        const text = unit.repeat(length);
        expect(codeOf(text, '')).toBe(expected(key, text));
        expect(codeOf('head', text)).toBe(expected(key, `head${text}`));
      }
    },
  );

  it('takes no key that is longer than a block', () => {
    expect(() => createAuthenticationCode(randomBytes(65))).toThrow(RangeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegistration } from './registration.ts';

const input = { email: 'ada@example.com', password: 'gecko tangerine', displayName: 'Ada' };

describe('a registration', () => {
  it('is stored with address and handle in lower case and the name without surrounding spaces', () => {
    const given = { ...input, email: 'Ada@Example.COM', displayName: '  Ada Lovelace ', handle: 'Ada_1815' };
    expect(checkRegistration(given)).toEqual({
      kind: 'registration',
      registration: {
        email: 'ada@example.com',
        password: 'gecko tangerine',
        displayName: 'Ada Lovelace',
        handle: 'ada_1815',
      },
    });
  });

  it('names everything that is wrong at once', () => {
    expect(checkRegistration({ ...input, password: 'short', displayName: ' ', handle: 'a b' })).toEqual({
      kind: 'refused',
      codes: ['PASSWORD_UNSUITABLE', 'DISPLAY_NAME_INVALID', 'HANDLE_INVALID'],
    });
  });

  it.each(['', '   ', 'x'.repeat(81), 'two\nlines', 'a\0b', 'evil \u202Eeman', '\ud800'])(
    'refuses the display name %j',
    (displayName) => {
      expect(checkRegistration({ ...input, displayName })).toEqual({
        kind: 'refused',
        codes: ['DISPLAY_NAME_INVALID'],
      });
    },
  );

  it.each(['ab', 'x'.repeat(31), 'ada lovelace', 'ädä', 'a-b-c', ''])('refuses the handle %j', (handle) => {
    expect(checkRegistration({ ...input, handle })).toEqual({ kind: 'refused', codes: ['HANDLE_INVALID'] });
  });

  it('accepts any name of 1 to 80 visible characters', () => {
    const visible = fc.constantFrom(...'aZ9é字🦎 .-\u200d'.split(/(?:)/u));
    fc.assert(
      fc.property(fc.array(visible, { minLength: 1, maxLength: 80 }), (characters) => {
        const displayName = characters.join('');
        const expected = displayName.trim() === '' ? 'refused' : 'registration';
        expect(checkRegistration({ ...input, displayName }).kind).toBe(expected);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { displayText } from './text.ts';

describe('text to be shown', () => {
  it('is composed and loses the spaces around it', () => {
    expect(displayText('  cre\u0300me bru\u0302le\u0301e\u00a0', 20)).toBe('cr\u00e8me br\u00fbl\u00e9e');
    expect(displayText(' \u3000 ', 20)).toBe('');
  });

  it('is counted in characters, not in units of UTF-16', () => {
    expect(displayText('🦎'.repeat(80), 80)).toBe('🦎'.repeat(80));
    expect(displayText('🦎'.repeat(81), 80)).toBeUndefined();
  });

  it.each(['two\nlines', 'a\0b', 'tab\there', 'evil \u202eeman', '\u2066isolate', '\ud800'])('is not %j', (text) => {
    expect(displayText(text, 80)).toBeUndefined();
  });
});

/** Control characters, lone surrogates, and the marks that turn the direction of the text around them. */
const unprintable = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

/**
 * Text that somebody gave to be shown to others, such as a name: in Unicode's composed form (NFC), without surrounding
 * spaces. Undefined when more than `maxLength` characters (code points) are left, or one that could disturb what is shown
 * around it. What remains of spaces alone is empty: whether that will do is the caller's to say.
 */
export function displayText(text: string, maxLength: number): string | undefined {
  const shown = text.normalize('NFC').trim();
  return [...shown].length > maxLength || unprintable.test(shown) ? undefined : shown;
}

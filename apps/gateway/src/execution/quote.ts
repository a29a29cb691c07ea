/** What JSON writes otherwise than as it is: quotes, backslashes, control characters, halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const SPECIAL = /[\u0000-\u001f"\\\ud800-\udfff]/;
const SHORT = 40;

/** The JSON of a text. For the short texts that answers are full of, a loop is faster than `JSON.stringify`. */
export function quote(text: string): string {
  if (text.length > SHORT) return SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** The JSON of a value that came out of JSON. */
export function jsonOf(value: unknown): string {
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

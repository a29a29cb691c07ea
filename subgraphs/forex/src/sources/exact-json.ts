import type { Decimal } from '@paygraph/money';

/** A whole string, or a number: in valid JSON digits stand nowhere else. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses JSON with every number as the text it was written in. `JSON.parse` alone would round 17 digits and more, and
 * turn `0.1` into a binary fraction.
 * @throws {SyntaxError} for text that is not JSON.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

const NUMBER = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** The exact value of an unsigned JSON number, also in scientific notation (`8.6e-06`). Undefined for other text. */
export function decimalOf(numberText: string): Decimal | undefined {
  const match = NUMBER.exec(numberText);
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const coefficient = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { coefficient, scale } : { coefficient: coefficient * 10n ** BigInt(-scale), scale: 0 };
}

import { formatDecimal } from '@paygraph/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalOf, parseExactJson } from './exact-json.ts';

describe('exact JSON', () => {
  it('keeps every digit of a number, where JSON.parse would not', () => {
    const text = '{"a": 0.12345678901234567890123, "b": [9007199254740993, 1.0, -2.50]}';
    expect(parseExactJson(text)).toEqual({ a: '0.12345678901234567890123', b: ['9007199254740993', '1.0', '-2.50'] });
  });

  it('leaves digits inside strings and keys alone', () => {
    const text = String.raw`{"1inch": "12.50 \"3\" \\", "usd2": "\\\"7"}`;
    expect(parseExactJson(text)).toEqual({ '1inch': '12.50 "3" \\', usd2: '\\"7' });
  });

  it.each(['', '{', '{"a":01}', '{"a":1.}', '{"a":.5}', '{"a":+1}', '{"a":1 2}', '{"a":NaN}', '{"a":"1}', '{"a":0x1}'])(
    'refuses %s',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    },
  );

  it('reads all other JSON as JSON.parse does', () => {
    const withoutNumbers = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value), numbersToText));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseExactJson(text)).toEqual(JSON.parse(text, numbersToText));
      }),
    );
    fc.assert(
      fc.property(withoutNumbers, (value) => {
        expect(parseExactJson(JSON.stringify(value))).toEqual(value);
      }),
    );
  });
});

/** What `JSON.stringify` wrote for a number is what `String` writes. */
function numbersToText(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? JSON.stringify(value) : value;
}

describe('a JSON number', () => {
  it.each([
    ['0.88022588', '0.88022588'],
    ['1', '1'],
    ['8.6e-06', '0.0000086'],
    ['1.25E+3', '1250'],
    ['1e0', '1'],
  ])('%s is exactly %s', (text, exact) => {
    const decimal = decimalOf(text);
    expect(decimal && formatDecimal(decimal)).toBe(exact);
  });

  it.each(['', '-1', 'null', '1e', '1e9999', '0.1.2', ' 1'])('%j is none that a rate could be', (text) => {
    expect(decimalOf(text)).toBeUndefined();
  });
});

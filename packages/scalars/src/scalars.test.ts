import { Kind, parseConstValue, type ValueNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { scalars } from './scalars.ts';

function scalar(name: string) {
  const functions = scalars[name];
  if (!functions) throw new Error(`no scalar ${name}`);
  return functions;
}

const literal = (value: ValueNode, name: string) => scalar(name).parseLiteral(value);
const text = (value: string): ValueNode => ({ kind: Kind.STRING, value });

describe('Decimal', () => {
  const { parseValue, serialize } = scalar('Decimal');

  it.each(['0', '12', '12.30', '007.10', '0.000000000001', `${'9'.repeat(50)}.1`])('takes %s as it is', (value) => {
    expect(parseValue(value)).toBe(value);
    expect(literal(text(value), 'Decimal')).toBe(value);
    expect(serialize(value)).toBe(value);
  });

  it.each(['', '-1', '+1', '1e3', '.5', '5.', '1,5', ' 1', '1\n', '0x10', 'NaN', '١', '9'.repeat(65)])(
    'refuses %j from a client',
    (value) => {
      expect(() => parseValue(value)).toThrow('Decimal must be a decimal as a string');
      expect(() => literal(text(value), 'Decimal')).toThrow('Decimal must be');
    },
  );

  it('refuses numbers, which may have lost digits on the way', () => {
    for (const value of [12, 12.3, 12n, null, true]) expect(() => parseValue(value)).toThrow('Decimal must be');
    expect(() => literal({ kind: Kind.INT, value: '12' }, 'Decimal')).toThrow('Decimal must be');
    expect(() => literal({ kind: Kind.FLOAT, value: '12.3' }, 'Decimal')).toThrow('Decimal must be');
    expect(() => serialize(12)).toThrow('Decimal must be');
  });

  it('may be negative in an answer, as a position may', () => {
    expect(serialize('-12.30')).toBe('-12.30');
    expect(() => serialize('--1')).toThrow('Decimal must be');
  });
});

describe('DateTime', () => {
  const { parseValue, serialize } = scalar('DateTime');

  it.each([
    ['2026-09-29T12:00:00Z', '2026-09-29T12:00:00.000Z'],
    ['2026-09-29T12:00:00.123456789Z', '2026-09-29T12:00:00.123Z'],
    ['2026-09-29T14:00:00+02:00', '2026-09-29T12:00:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (value, utc) => {
    expect(serialize(parseValue(value))).toBe(utc);
    expect(serialize(literal(text(value), 'DateTime'))).toBe(utc);
  });

  it.each([
    '2026-09-29',
    '2026-09-29 12:00:00Z',
    '2026-09-29T12:00:00',
    '2026-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-00-01T12:00:00Z',
    '2026-09-00T12:00:00Z',
    '2026-09-29T24:00:00Z',
    '2026-09-29T12:60:00Z',
    '2026-09-29T12:00:00+24:00',
    '0000-12-31T12:00:00Z',
    '0000-12-31T23:30:00-01:00',
    '0001-01-01T00:30:00+01:00',
    '9999-12-31T23:30:00-01:00',
    '29 Sep 2026',
    '',
  ])('refuses %j', (value) => {
    expect(() => parseValue(value)).toThrow('DateTime must be an RFC 3339 string');
  });

  it('refuses numbers, and answers nothing but a valid Date', () => {
    expect(() => parseValue(1_790_000_000_000)).toThrow('DateTime must be');
    expect(() => serialize(new Date(Number.NaN))).toThrow('not a valid Date');
    expect(() => serialize('2026-09-29T12:00:00Z')).toThrow('not a valid Date');
  });
});

describe('CurrencyCode', () => {
  const { parseValue } = scalar('CurrencyCode');

  it.each(['USD', 'JPY', 'KWD', 'GHS'])('takes %s', (code) => {
    expect(parseValue(code)).toBe(code);
  });

  it.each(['usd', 'US', 'USDT', 'ABC', '', 'constructor', 840])('refuses %j', (code) => {
    expect(() => parseValue(code)).toThrow('CurrencyCode must be an ISO 4217 currency code');
  });
});

describe('the other scalars', () => {
  it.each([
    ['CountryCode', 'GH', ['XX', 'gh', 'GHA', '']],
    ['EmailAddress', 'ama.mensah+pay@mail.example.com', ['ama@', '@example.com', 'a b@example.com', 'ama@-x.com']],
    ['EmailAddress', `${'a'.repeat(64)}@example.com`, [`a@${'x.'.repeat(126)}com`, 'ama@example..com']],
    ['PhoneNumber', '+233201234567', ['0201234567', '+0201234567', '+1', '+1234567890123456', '+1 202 555 0100']],
    ['PhoneNumber', '+12025550100', [`${'1'.repeat(50_000)}x`]],
  ])('%s takes %s and refuses %j', (name, good, bad) => {
    expect(scalar(name).parseValue(good)).toBe(good);
    for (const value of bad) expect(() => scalar(name).parseValue(value)).toThrow(`${name} must be`);
  });

  it('JSONObject takes objects only', () => {
    expect(scalar('JSONObject').parseValue({ order: [1, { a: null }] })).toEqual({ order: [1, { a: null }] });
    for (const value of ['{}', [], 1, null]) expect(() => scalar('JSONObject').parseValue(value)).toThrow();
  });

  it('JSONObject takes no more than a hundred levels', () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}[]${'}'.repeat(levels)}`;
    const literalOf = (levels: number) => parseConstValue(nested(levels).replaceAll('"', ''));
    const { parseValue, parseLiteral } = scalar('JSONObject');
    expect(parseValue(JSON.parse(nested(99)))).toEqual(parseLiteral(literalOf(99)));
    expect(() => parseValue(JSON.parse(nested(100)))).toThrow('at most 100 levels');
    expect(() => parseValue(JSON.parse(nested(100_000)))).toThrow('at most 100 levels');
    expect(() => parseLiteral(literalOf(100))).toThrow('at most 100 levels');
  });
});

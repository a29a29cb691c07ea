import { isCurrency } from '@paygraph/money';
import { type GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLCountryCode, GraphQLJSONObject } from 'graphql-scalars';
import { instantOf } from './instant.ts';

/** What a schema's scalar needs from us; its name, description and specification stand in the SDL. */
export type ScalarFunctions = Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>;

/** Longest decimal in characters: room for any amount or rate, and none for work without end. */
const maxDecimalLength = 64;
/** Deepest nesting of a JSONObject: more than anybody means, and far from where writing it runs out of stack. */
const maxJsonDepth = 100;

/**
 * The custom scalars of the graph, by the name under which a schema declares them.
 *
 * - `Decimal` is a string on both sides, digits with at most one point; a sign only in output (a position may be
 *   negative, what a client asks for may not). JSON and GraphQL numbers are refused: a client's parser may have rounded
 *   them already.
 * - `DateTime` is a `Date` here and RFC 3339 in UTC with milliseconds on the wire. Offsets are accepted in input, and
 *   the years 1 to 9999.
 * - `CurrencyCode` is an ISO 4217 code with a minor unit, `CountryCode` an ISO 3166-1 alpha-2 code, `PhoneNumber` E.164.
 */
export const scalars: Readonly<Record<string, ScalarFunctions>> = {
  Decimal: {
    ...stringScalar('Decimal', 'a decimal as a string, such as "12.30"', isDecimal),
    serialize: checked('Decimal', 'a decimal as a string', (text) => isDecimal(text.replace(/^-/, ''))),
  },
  CurrencyCode: stringScalar('CurrencyCode', 'an ISO 4217 currency code, such as "EUR"', isCurrency),
  DateTime: { serialize: dateText, parseValue: dateFrom, parseLiteral: (node) => dateFrom(stringIn(node)) },
  CountryCode: stringScalar('CountryCode', 'an ISO 3166-1 alpha-2 country code, such as "GH"', isCountry),
  EmailAddress: stringScalar('EmailAddress', 'an e-mail address', isEmailAddress),
  // Not graphql-scalars' own: it takes numbers without a country code, and its pattern takes exponential time.
  PhoneNumber: stringScalar('PhoneNumber', 'an E.164 phone number, such as "+233201234567"', isPhoneNumber),
  JSONObject: {
    serialize: GraphQLJSONObject.serialize,
    parseValue: (value) => shallow(GraphQLJSONObject.parseValue(value)),
    parseLiteral: (node, variables) => shallow(GraphQLJSONObject.parseLiteral(node, variables)),
  },
};

function isDecimal(text: string): boolean {
  return text.length <= maxDecimalLength && /^\d+(\.\d+)?$/.test(text);
}

/** Upper case only, which graphql-scalars does not insist on. */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false;
  try {
    GraphQLCountryCode.parseValue(code);
    return true;
  } catch {
    return false;
  }
}

const domainLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
/** The HTML standard's pattern of a valid e-mail address. */
const emailAddress = new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]+@${domainLabel}(?:\\.${domainLabel})*$`);

function isEmailAddress(text: string): boolean {
  // RFC 5321, with erratum 1690: the path of 256 octets less its brackets.
  return text.length <= 254 && emailAddress.test(text);
}

function isPhoneNumber(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}

function stringScalar(name: string, meaning: string, accepts: (text: string) => boolean): ScalarFunctions {
  const check = checked(name, meaning, accepts);
  return { serialize: check, parseValue: check, parseLiteral: (node) => check(stringIn(node)) };
}

function checked(name: string, meaning: string, accepts: (text: string) => boolean): (value: unknown) => string {
  return (value) => {
    if (typeof value === 'string' && accepts(value)) return value;
    throw new TypeError(`${name} must be ${meaning}`);
  };
}

function stringIn(node: ValueNode): string | undefined {
  return node.kind === Kind.STRING ? node.value : undefined;
}

function dateText(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw new TypeError('DateTime cannot represent a value that is not a valid Date');
}

function dateFrom(value: unknown): Date {
  const instant = typeof value === 'string' ? instantOf(value) : undefined;
  if (instant) return instant;
  throw new TypeError('DateTime must be an RFC 3339 string, such as "2026-09-29T12:00:00Z"');
}

function shallow<T>(value: T): T {
  if (isShallow(value, maxJsonDepth)) return value;
  throw new TypeError(`JSONObject must be nested at most ${maxJsonDepth} levels deep`);
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

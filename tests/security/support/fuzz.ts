import {
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { fieldsOf, isNeeded, isShown, schema } from './fields.ts';

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** An HTTP request as somebody with bad intentions might send it. */
export interface Fuzzed {
  /** What is wrong with it, if anything. */
  readonly kind: 'operation' | 'mutilated' | 'body' | 'http';
  readonly method: string;
  /** Beside the path of the graph. */
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const hostile: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    'null',
    'NaN',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '𝕳\u202e',
    '"',
    "'; DROP TABLE payment; --",
    '%00',
    '../../etc/passwd',
  ],
  ...[
    `$\{7*7}`,
    '{{7*7}}',
    '<script>',
    '__proto__',
    'constructor',
    '-1',
    '1e309',
    'A'.repeat(5_000),
    '🂡'.repeat(200),
    'Zm9v',
    '[]',
  ],
];

const scalars: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, 1, -1, 2, 100, 101, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 1.5, '1'],
  Boolean: [true, false, 'true', 0],
  Decimal: [
    '1.00',
    '0.01',
    '0',
    '-1',
    '1e3',
    '0.001',
    '92233720368547758.07',
    '92233720368547758.08',
    '9'.repeat(50),
    'x',
    1,
  ],
  CurrencyCode: ['USD', 'EUR', 'JPY', 'GHS', 'KWD', 'XXX', 'usd', ''],
  DateTime: [
    ...[
      '2026-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00Z',
      '0000-01-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
    ],
    ...['2026-01-01T00:00:00+23:59', '+275760-09-13T00:00:00Z', 'now', '1'],
  ],
  EmailAddress: ['a@example.org', 'a@b', `${'a'.repeat(400)}@example.org`, '@', 'a\u0000@example.org'],
  PhoneNumber: ['+15555550100', '+0', '0', `+${'1'.repeat(40)}`],
  JSONObject: [
    {},
    { a: { b: [1, {}, null] } },
    { a: 'a\u0000b' },
    { 'a\u0000': 1 },
    { a: '\ud800' },
    { a: 1e308 },
    [],
    'x',
    { constructor: 1 },
  ],
};

/** Makes requests at random, from the schema and from what has broken servers before. The same for the same numbers. */
export function createFuzzer(random: Random, ids: readonly string[]): () => Fuzzed {
  const below = (count: number): number => Math.floor(random() * count);
  const oneOf = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const chance = (share: number): boolean => random() < share;

  const valueFor = (type: GraphQLInputType, depth = 0): unknown => {
    if (isNonNullType(type)) return chance(0.02) ? null : valueFor(type.ofType, depth);
    if (chance(0.02)) return oneOf<unknown>([null, [], {}, 1, true, ...hostile]);
    if (isListType(type)) return Array.from({ length: oneOf([0, 1, 2, 5]) }, () => valueFor(type.ofType, depth));
    if (isInputObjectType(type)) return objectOf(Object.values(type.getFields()).filter(isShown), depth);
    if (isEnumType(type)) return oneOf(type.getValues()).name;
    if (type.name === 'ID') return chance(0.8) ? oneOf(ids) : oneOf(hostile);
    const known = scalars[type.name];
    if (!known) return oneOf(hostile);
    // The first ones are good: most requests should come further than to their input.
    return chance(0.85) ? known[0] : oneOf(known);
  };
  const objectOf = (fields: readonly GraphQLInputField[], depth: number): Record<string, unknown> => {
    const given = fields.filter((field) => isNeeded(field) || (depth < 3 && chance(0.3)));
    return Object.fromEntries(given.map(({ name, type }) => [name, valueFor(type, depth + 1)]));
  };

  const operation = () => {
    const variables: Record<string, unknown> = {};
    const declared: string[] = [];
    const argumentsOf = (args: ReturnType<typeof fieldsOf>[number]['args']): string => {
      const given = args.filter((argument) => isNeeded(argument) || chance(0.3));
      if (given.length === 0) return '';
      const passed = given.map(({ name, type }) => {
        const variable = `v${declared.length}`;
        declared.push(`$${variable}: ${type}`);
        variables[variable] = valueFor(type);
        return `${name}: $${variable}`;
      });
      return `(${passed.join(', ')})`;
    };
    const setOf = (type: GraphQLNamedType, depth: number): string => {
      if (isAbstractType(type)) {
        const possible = oneOf(schema.getPossibleTypes(type).filter(isShown));
        return `{ __typename ... on ${possible.name} ${setOf(possible, depth)} }`;
      }
      const fields = fieldsOf(type).filter((field) => isLeafType(getNamedType(field.type)) || depth > 0);
      const chosen = fields.filter(() => chance(depth > 2 ? 0.2 : 0.4)).slice(0, 12);
      return `{ __typename ${chosen.map((field) => fieldOf(field, depth)).join(' ')} }`;
    };
    const fieldOf = (field: ReturnType<typeof fieldsOf>[number], depth: number): string => {
      const type = getNamedType(field.type);
      const alias = chance(0.1) ? `a${below(1e6)}: ` : '';
      const condition = chance(0.05) ? oneOf([' @include(if: true)', ' @skip(if: false)', ' @skip(if: true)']) : '';
      const selection = isLeafType(type) ? '' : ` ${setOf(type, depth - 1)}`;
      return `${alias}${field.name}${argumentsOf(field.args)}${condition}${selection}`;
    };
    const kind = oneOf(['query', 'query', 'query', 'mutation', 'subscription'] as const);
    const root = {
      query: schema.getQueryType(),
      mutation: schema.getMutationType(),
      subscription: schema.getSubscriptionType(),
    }[kind];
    // To hash passwords takes longer than all the rest.
    const roots = fieldsOf(root).filter(({ name }) => !['register', 'logIn'].includes(name) || chance(0.05));
    const selected = Array.from({ length: oneOf([1, 1, 2]) }, (_, index) => `r${index}: ${fieldOf(oneOf(roots), 3)}`);
    const heading = declared.length > 0 ? ` (${declared.join(', ')})` : '';
    return { query: `${kind}${heading} { ${selected.join(' ')} }`, variables };
  };

  const mutilated = (text: string): string => {
    let result = text;
    for (let times = oneOf([1, 2, 5]); times > 0; times -= 1) {
      const at = below(result.length);
      const put = chance(0.5)
        ? oneOf(['{', '}', '(', ')', '...', '@', '$', '"', '"""', '\\u', ':', '!', '\u0000', '#', ...hostile])
        : '';
      result = result.slice(0, at) + put + result.slice(at + below(4));
    }
    return result;
  };
  const bodies: readonly (() => string)[] = [
    () =>
      oneOf([
        '',
        '{',
        'null',
        '[]',
        '0',
        '"x"',
        '{}',
        '{"query":5}',
        '{"query":null}',
        '{"query":{}}',
        '[[]]',
        '{"query":"{__typename}"',
      ]),
    () => `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    () => JSON.stringify({ query: '{ __typename }', variables: oneOf<unknown>(['x', 1, [], null, { __proto__: 1 }]) }),
    () => JSON.stringify({ query: '{ __typename }', operationName: oneOf<unknown>([1, {}, 'x', '__proto__', '']) }),
    () =>
      JSON.stringify({
        query: '{ __typename }',
        extensions: oneOf<unknown>([
          1,
          'x',
          { persistedQuery: oneOf<unknown>([1, {}, null, { version: 1, sha256Hash: oneOf<unknown>(['x', 1, {}]) }]) },
        ]),
      }),
    () => JSON.stringify(Array.from({ length: oneOf([1, 3, 50]) }, () => operation())),
    () => `{"query":"{ __typename }","__proto__":{"query":"x"},"constructor":{}}`,
    () => JSON.stringify({ query: `{ ${'a { '.repeat(5_000)} ${'} '.repeat(5_000)} }` }),
    () => JSON.stringify({ query: `query { ${'...F '.repeat(100)} } fragment F on Query { ...F }` }),
    () => JSON.stringify({ query: mutilated(JSON.stringify(operation())) }),
  ];
  const json = { 'content-type': 'application/json' };
  const posted = (kind: Fuzzed['kind'], body: string, headers: Fuzzed['headers'] = json): Fuzzed => ({
    ...{ kind, method: 'POST', search: '', headers, body },
  });

  return () => {
    const dice = random();
    if (dice < 0.6) {
      const { query, variables } = operation();
      // Otherwise a subscription is refused whatever it asks for.
      const headers = query.startsWith('subscription') ? { ...json, accept: 'text/event-stream' } : json;
      return posted('operation', JSON.stringify({ query, variables }), headers);
    }
    if (dice < 0.8) {
      const { query, variables } = operation();
      return posted('mutilated', JSON.stringify({ query: mutilated(query), variables }));
    }
    if (dice < 0.9) return posted('body', oneOf(bodies)());
    const method = oneOf(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']);
    const hasBody = method !== 'GET' && method !== 'HEAD';
    return {
      ...{ kind: 'http', method, body: hasBody ? JSON.stringify(operation()) : undefined },
      search: oneOf([
        '',
        '?',
        `?query=${encodeURIComponent(operation().query)}`,
        '?query=%7B__typename%7D&variables=%',
        '?query[]=1&query[]=2',
        '/..%2f',
      ]),
      headers: {
        'content-type': oneOf([
          'application/json',
          'text/plain',
          'application/json; charset=utf-16',
          'multipart/form-data',
          '*/*',
          'x',
        ]),
        accept: oneOf([
          '*/*',
          'application/json',
          'text/html',
          'x',
          'multipart/mixed;deferSpec=20220824',
          'application/graphql-response+json',
        ]),
        'apollo-require-preflight': 'yes',
      },
    };
  };
}

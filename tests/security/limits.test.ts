import { post } from '@paygraph/gateway/testing';
import { describe, expect, it } from 'vitest';
import { useWallets } from './support/wallets.ts';
import { codesIn, reading, subscribing, writing } from './support/ways.ts';

const authorization = 'ama';
const limits = {
  depth: 5,
  aliases: 4,
  rootFields: 3,
  directives: 3,
  selections: 30,
  recursion: 2,
  characters: 9_500,
  tokens: 150,
};
const graph = useWallets({ protection: { limits: { ...limits, batch: 2, bodyBytes: 10_000 } } });

const fragments = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `fragment F${index} on Wallet { ...F${index + 1} ...F${index + 1} }`,
  ).join(' ');

/** Each beyond one limit, in every disguise. */
const tooMuch: readonly (readonly [limit: string, how: string, selection: string, more?: string])[] = [
  ['depth', 'fields', 'wallets { nodes { friend { named { ... on Wallet { friend { id } } } } } }'],
  [
    'depth',
    'a fragment',
    'wallets { ...W }',
    'fragment W on WalletConnection { nodes { friend { named { ... on Wallet { friend { id } } } } } }',
  ],
  ['aliases', 'fields', 'wallet(id: "1") { a: id b: id c: id d: id e: id }'],
  [
    'aliases',
    'a fragment spread twice',
    'wallet(id: "1") { ...W friend { ...W } }',
    'fragment W on Wallet { a: id b: id c: id }',
  ],
  ['rootFields', 'aliases', 'a: labels b: labels c: labels d: labels'],
  ['rootFields', 'fragments', 'labels ...Q ... { dear a: dear }', 'fragment Q on Query { b: dear }'],
  ['directives', 'fields', 'labels @skip(if: false) @include(if: true) dear @skip(if: false) @include(if: true)'],
  ['directives', 'directives that there are not', 'labels @a @b @c @d'],
  ['selections', 'fields of one name', `wallet(id: "1") { ${'id '.repeat(31)} }`],
  [
    'selections',
    'fragments that double',
    'wallet(id: "1") { ...F0 }',
    `${fragments(12)} fragment F12 on Wallet { id }`,
  ],
  ['recursion', 'fields', 'wallet(id: "1") { friend { friend { friend { id } } } }'],
  [
    'recursion',
    'a fragment',
    'wallet(id: "1") { ...A }',
    'fragment A on Wallet { friend { ...B } } fragment B on Wallet { friend { friend { id } } }',
  ],
  ['characters', 'comments', 'labels', `#${'-'.repeat(9_500)}`],
  ['tokens', 'arguments', `wallet(id: "1") { ${'friend(no: 1) '.repeat(29)} }`],
];

describe.each(reading)('an operation by $name', ({ ask }) => {
  it.each(tooMuch)('may not go beyond the limit %s by %s', async (limit, _how, selection, more = '') => {
    const result = await ask(graph.url, { query: `{ ${selection} } ${more}`, authorization });
    expect(result).toEqual({
      errors: [
        expect.objectContaining({
          extensions: { code: 'OPERATION_TOO_COMPLEX', limit, maximum: expect.any(Number) },
        }),
      ],
    });
    expect(graph.asked('wallet')).toEqual([]);
  });

  it('may go as far as each limit', async () => {
    const query = '{ a: labels b: labels wallet(id: "1") { c: id d: id friend { friend { named { label } } } } }';
    const { data, errors } = await ask(graph.url, { query, authorization });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ a: ['one'], wallet: { c: '1' } });
  });
});

describe.each(writing)('a mutation by $name', ({ ask }) => {
  it('beyond a limit does nothing', async () => {
    const rename = 'rename(id: "1", label: "mine") { id }';
    const query = `mutation { a: ${rename} b: ${rename} c: ${rename} d: ${rename} }`;
    expect(codesIn(await ask(graph.url, { query, authorization }))).toEqual(['OPERATION_TOO_COMPLEX']);
    expect(graph.asked('wallet')).toEqual([]);
  });
});

describe.each(subscribing)('a subscription by $name', ({ ask }) => {
  it('beyond a limit is not opened', async () => {
    const query = 'subscription { renamed(id: "1") { friend { friend { friend { id } } } } }';
    expect(codesIn(await ask(graph.url, { query, authorization }))).toEqual(['OPERATION_TOO_COMPLEX']);
    expect(graph.subgraphs.wallet.sockets.size).toBe(0);
  });
});

it('an operation that another of its document hides behind is measured too', async () => {
  const query = 'query A { labels } query B { a: labels b: labels c: labels d: labels }';
  const { body } = await post(graph.url, query, { operationName: 'A' });
  expect(codesIn(body)).toEqual(['OPERATION_TOO_COMPLEX']);
});

it.each([
  ['that is nested beyond all measure', `{${'a{'.repeat(5_000)}`, 'OPERATION_TOO_COMPLEX'],
  [
    'whose fragments contain themselves',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
])('a document %s is refused as any other', async (_what, query, code) => {
  const { status, body } = await post(graph.url, query.slice(0, 9_000));
  expect(status).toBe(400);
  expect(codesIn(body)[0]).toBe(code);
});

describe('a batch', () => {
  const send = (body: unknown) =>
    fetch(graph.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  it('is answered in order, each operation by itself', async () => {
    const response = await send([{ query: '{ labels }' }, { query: '{ nothing }' }]);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([
      { data: { labels: ['one'] } },
      { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    ]);
  });

  it('tells of what is no request in its place', async () => {
    expect(await (await send([7, { query: '{ labels }' }])).json()).toMatchObject([
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
      { data: { labels: ['one'] } },
    ]);
  });

  it.each([[[]], [Array(3).fill({ query: '{ labels }' })]])('of none or of too many is refused whole', async (list) => {
    const response = await send(list);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BATCH_TOO_LARGE', maximum: 2 } }] });
  });

  it('is not streamed', async () => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const response = await fetch(graph.url, { method: 'POST', headers, body: '[{"query":"{ labels }"}]' });
    expect(response.status).toBe(400);
  });
});

it('a body beyond its limit is not read', async () => {
  const { status, body } = await post(graph.url, '{ labels }', { variables: { text: 'x'.repeat(10_000) } });
  expect(status).toBe(413);
  expect(codesIn(body)).toEqual(['BAD_REQUEST']);
});

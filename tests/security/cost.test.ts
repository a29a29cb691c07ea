import { post } from '@paygraph/gateway/testing';
import { describe, expect, it } from 'vitest';
import { useWallets } from './support/wallets.ts';
import { codesIn, reading, subscribing, type Way, writing } from './support/ways.ts';

const [byPost] = writing as [Way];
const graph = useWallets({ protection: { budgets: { anonymous: 100, customer: 200, analyst: 500, operator: 1_000 } } });

/** What an operation is estimated at, which operators are shown. */
async function estimateOf(query: string, variables: Record<string, unknown> = {}): Promise<unknown> {
  const { body } = await post(graph.url, query, { variables, authorization: 'operator' });
  expect(body.errors).toBeUndefined();
  return (body.extensions as { cost?: { estimated: unknown } } | undefined)?.cost?.estimated;
}

describe('the cost of an operation', () => {
  it.each<[why: string, query: string, cost: number, variables?: Record<string, unknown>]>([
    ['leaves are free', '{ labels }', 0],
    ['an object costs 1', '{ wallet(id: "1") { label balance } }', 1],
    ['an object inside of it costs 1 more', '{ wallet(id: "1") { friend { label } } }', 2],
    ['a list is as long as its argument says', '{ wallets(first: 7) { nodes { label } } }', 8],
    ['or a variable', 'query ($n: Int) { wallets(first: $n) { nodes { friend { id } } } }', 15, { n: 7 }],
    ['or its default', 'query ($n: Int = 5) { wallets(first: $n) { nodes { id } } }', 6],
    ['or as is assumed', '{ wallets { nodes { id } } }', 21],
    ['or as is assumed, where a variable says nothing', 'query ($n: Int) { wallets(first: $n) { nodes { id } } }', 21],
    ['a length below zero gives nothing back', '{ wallets(first: -1000) { nodes { id } } dear }', 401],
    ['a field may have a weight', '{ dear }', 400],
    ['what is selected twice is asked once', '{ wallet(id: "1") { label } wallet(id: "1") { balance } }', 1],
    ['what has two names is asked twice', '{ a: wallet(id: "1") { id } b: wallet(id: "1") { id } }', 2],
    [
      'a fragment costs what is in it',
      '{ a: wallet(id: "1") { ...F } b: wallet(id: "2") { ...F } } fragment F on Wallet { friend { id } }',
      4,
    ],
    ['what is left out is free', '{ dear @skip(if: true) labels }', 0],
    ['so it is by a variable', 'query ($x: Boolean!) { dear @include(if: $x) labels }', 0, { x: false }],
    ['a mutation costs 10 more', 'mutation { rename(id: "1", label: "x") { id } }', 11],
    ['a list of which nothing is known has 10 things', '{ search { id } }', 10],
    ['what is given may have a weight', '{ search(filter: { label: "x" }) { id } }', 40],
    [
      'wherever it is',
      'query ($f: Filter) { search(filter: $f) { id } }',
      70,
      { f: { or: [{ label: 'x' }, { label: 'y' }] } },
    ],
    ['the schema costs 100', '{ __schema { queryType { name } } }', 100],
  ])('%s: %s', async (_why, query, cost, variables) => {
    expect(await estimateOf(query, variables)).toBe(cost);
  });

  it('is shown to operators beside what the answer has cost in fact', async () => {
    const { body } = await post(graph.url, '{ wallets { nodes { friend { id } } } }', { authorization: 'operator' });
    expect(body.extensions).toEqual({ cost: { estimated: 41, actual: 7 } });
  });

  it.each(['ama', 'analyst', undefined])('is not shown to %s', async (authorization) => {
    const { body } = await post(graph.url, '{ wallets(first: 2) { nodes { id } } }', {
      ...(authorization && { authorization }),
    });
    expect(Object.keys(body)).toEqual(['data']);
  });
});

describe('what an operation may cost', () => {
  it.each([
    [undefined, 100],
    ['ama', 200],
    ['analyst', 500],
    ['operator', 1_000],
  ])('is for %s at most %d', async (authorization, maximum) => {
    const query = 'query ($n: Int!) { wallets(first: $n) { nodes { id } } }';
    const costing = (cost: number) => byPost.ask(graph.url, { query, variables: { n: cost - 1 }, authorization });
    expect(codesIn(await costing(maximum))).toEqual([]);
    expect((await costing(maximum + 1)).errors).toEqual([
      expect.objectContaining({ extensions: { code: 'COST_ESTIMATED_TOO_EXPENSIVE', cost: maximum + 1, maximum } }),
    ]);
  });
});

describe.each(reading)('a dear operation by $name', ({ ask }) => {
  it.each([
    ['in plain sight', '{ dear }'],
    ['by an alias', '{ cheap: dear }'],
    ['by a fragment', '{ ...F } fragment F on Query { ... { dear } }'],
    [
      'by fragments on an interface',
      '{ wallets(first: 90) { nodes { named { ... on Wallet { friend { named { label } } } } } } }',
    ],
  ])('is refused before anything of it is planned: %s', async (_how, query) => {
    expect(codesIn(await ask(graph.url, { query, authorization: 'ama' }))).toEqual(['COST_ESTIMATED_TOO_EXPENSIVE']);
    expect(graph.asked('wallet')).toEqual([]);
  });
});

describe.each(subscribing)('a dear subscription by $name', ({ ask }) => {
  it('is not opened', async () => {
    const query = 'subscription { dearlyRenamed { id } }';
    expect(codesIn(await ask(graph.url, { query, authorization: 'ama' }))).toEqual(['COST_ESTIMATED_TOO_EXPENSIVE']);
    expect(graph.subgraphs.wallet.sockets.size).toBe(0);
  });
});

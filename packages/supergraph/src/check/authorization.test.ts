import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { composeSubgraphs } from '../compose.ts';
import { checkSchema } from './check.ts';

const before = `
  type Query { payment: Payment @authenticated  party: Party  rates: [String!]  staff: String @requiresScopes(scopes: [["a", "b"], ["c"]])  tip: String @policy(policies: [["x"]]) }
  interface Party { name: String!  since: String }
  type Person implements Party { name: String!  since: String }
  type Payment { id: ID!  note: String  unused: String  payer: Party }`;

const supergraph = (sdl: string): string => {
  const link =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])';
  return composeSubgraphs([{ name: 'payment', routingUrl: 'http://payment/graphql', sdl: link + sdl }]).supergraphSdl;
};

/** What the check says of `before` with one text replaced. */
async function check(operations: readonly string[], text: string, by: string) {
  if (!before.includes(text)) throw new RangeError(`nothing to replace: ${text}`);
  return checkSchema({
    released: supergraph(before),
    next: supergraph(before.replace(text, by)),
    operations: operations.map((body, index) => ({
      ...{ client: 'web', name: `Op${index}`, id: String(index), body },
      document: parse(body),
    })),
  });
}

describe('the check of who may see what', () => {
  it('names each operation with a field that asks for more, and what', async () => {
    const uses = ['{ payment { note } }', '{ payment { id } }', '{ payment { ...N } } fragment N on Payment { note }'];
    expect(await check(uses, 'note: String', 'note: String @requiresScopes(scopes: [["payment:read"]])')).toEqual({
      broken: [
        'web: Op0: asks for the scope payment:read from now on (Payment.note)',
        'web: Op2: asks for the scope payment:read from now on (Payment.note)',
      ],
      warnings: [],
    });
  });

  it('warns of what nobody is known to select', async () => {
    expect(await check(['{ payment { id } }'], 'unused: String', 'unused: String @authenticated')).toEqual({
      broken: [],
      warnings: ['no registered operation: asks for @authenticated from now on (Payment.unused)'],
    });
  });

  it('counts what stands on a type for its fields, and for fields that return it', async () => {
    const { broken, warnings } = await check(
      ['{ payment { id payer { name } } }', '{ rates }'],
      'type Payment {',
      'type Payment @requiresScopes(scopes: [["s"]]) {',
    );
    expect(broken).toEqual(['web: Op0: asks for the scope s from now on (Payment.id, Payment.payer, Query.payment)']);
    expect(warnings).toEqual([
      'no registered operation: asks for the scope s from now on (Payment.__typename, Payment.note, Payment.unused)',
    ]);
  });

  it('counts what a type asks for where it is selected on an interface, once', async () => {
    const { broken } = await check(
      ['{ party { since } }', '{ party { name ... on Person { since } } }', '{ party { name } }'],
      'type Person implements Party { name: String!  since: String }',
      'type Person implements Party { name: String!  since: String @authenticated }',
    );
    expect(broken).toEqual([
      'web: Op0: asks for @authenticated from now on (Person.since)',
      'web: Op1: asks for @authenticated from now on (Person.since)',
    ]);
  });

  it('counts what a new type behind an interface asks for', async () => {
    const { broken } = await check(
      ['{ party { since } }'],
      'type Payment {',
      'type Firm implements Party { name: String!  since: String @authenticated }\n  type Payment {',
    );
    expect(broken).toEqual(['web: Op0: asks for @authenticated from now on (Party.since)']);
  });

  it.each([
    ['an alternative that goes', '[["a", "b"], ["c"]]', '[["a", "b"]]', 'the scope a and b'],
    [
      'an alternative that asks for more',
      '[["a", "b"], ["c"]]',
      '[["a", "b"], ["c", "d"]]',
      'the scope a and b, or c and d',
    ],
    [
      'a policy besides',
      'scopes: [["a", "b"], ["c"]])',
      'scopes: [["a", "b"], ["c"]]) @policy(policies: [["y"]])',
      'the policy y',
    ],
    [
      'a session besides a policy',
      '@policy(policies: [["x"]])',
      '@policy(policies: [["x"]]) @authenticated',
      '@authenticated',
    ],
  ])('finds %s', async (_what, text, by, asked) => {
    const { broken } = await check(['{ staff tip }'], text, by);
    expect(broken).toEqual([expect.stringContaining(`Op0: asks for ${asked} from now on (Query.`)]);
  });

  it.each([
    ['a session, where a scope is asked for', '["c"]])', '["c"]]) @authenticated'],
    ['alternatives in another order', '[["a", "b"], ["c"]]', '[["c"], ["b", "a"]]'],
  ])('has nothing to say of %s', async (_what, text, by) => {
    expect(await check(['{ staff }'], text, by)).toEqual({ broken: [], warnings: [] });
  });

  it.each([
    ['an alternative more', '["c"]])', '["c"], ["d"]])', 'the scope a and b, or c (Query.staff)'],
    ['an alternative of which less is asked', '["a", "b"]', '["a"]', 'the scope a and b, or c (Query.staff)'],
    ['nothing asked any more', '@policy(policies: [["x"]])', '', 'the policy x (Query.tip)'],
    [
      'a session in place of a scope',
      '@requiresScopes(scopes: [["a", "b"], ["c"]])',
      '@authenticated',
      'the scope a and b, or c (Query.staff)',
    ],
  ])('warns, used or not, of %s', async (_what, text, by, asked) => {
    expect(await check(['{ staff }'], text, by)).toEqual({
      broken: [],
      warnings: [`open to more callers: no longer asks for ${asked}`],
    });
  });

  it('says both where one scope takes the place of another', async () => {
    expect(await check(['{ staff }'], '[["a", "b"], ["c"]]', '[["d"]]')).toEqual({
      broken: ['web: Op0: asks for the scope d from now on (Query.staff)'],
      warnings: ['open to more callers: no longer asks for the scope a and b, or c (Query.staff)'],
    });
  });
});

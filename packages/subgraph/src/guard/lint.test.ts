import { describe, expect, it } from 'vitest';
import { buildGuardedSchema, type SchemaOptions } from '../schema.ts';
import { SchemaLintError } from './lint.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes", "@policy", "@inaccessible", "@external", "@provides"])`;

function problemsOf(typeDefs: string, options: Partial<SchemaOptions> = {}): readonly string[] {
  try {
    buildGuardedSchema({ typeDefs: `${link}\n${typeDefs}`, resolvers: {}, ...options });
  } catch (error) {
    if (error instanceof SchemaLintError) return error.problems;
    throw error;
  }
  return [];
}

const reference = { __resolveReference: () => null };

describe('a schema is refused when', () => {
  it('a root field is open by oversight', () => {
    expect(
      problemsOf('type Query { a: Int b: Int @authenticated } type Mutation { c: Int } type Subscription { d: Int }'),
    ).toEqual([
      'Query.a is neither guarded nor listed as public',
      'Mutation.c is neither guarded nor listed as public',
      'Subscription.d is neither guarded nor listed as public',
    ]);
  });

  it('a field of an entity is open by oversight: no root field stands before it', () => {
    const typeDefs = `type Query { a: Wallet @authenticated }
      type Wallet @key(fields: "id owner { id }") { id: ID! owner: Owner! label: String currency: String @authenticated }
      type Owner { id: ID! }`;
    expect(problemsOf(typeDefs, { resolvers: { Wallet: reference } })).toEqual([
      'Wallet.label is neither guarded nor listed as public',
    ]);
    expect(problemsOf(typeDefs, { resolvers: { Wallet: reference }, publicFields: { Wallet: ['label'] } })).toEqual([]);
  });

  it('a field is open by oversight to which an open one leads, through whatever types', () => {
    const typeDefs = `type Query { a: Page b: Thing @authenticated }
      type Page { items: [Item!]! total: Int @authenticated }
      union Item = Note | Thing
      type Note { text: String author: Author }
      interface Author { name: String }
      type Person implements Author { name: String pages: Page }
      type Thing { label: String }
      type Secret { text: String }`;
    expect(problemsOf(typeDefs, { publicFields: { Query: ['a'], Page: ['items'], Note: ['author'] } })).toEqual(
      ['Note.text', 'Thing.label', 'Person.name', 'Person.pages'].map(
        (field) => `${field} is neither guarded nor listed as public`,
      ),
    );
    expect(problemsOf(`${typeDefs} extend type Query { c: Secret @authenticated }`)).toEqual(
      ['Query.a', 'Page.items', 'Note.text', 'Note.author', 'Thing.label', 'Person.name', 'Person.pages'].map(
        (field) => `${field} is neither guarded nor listed as public`,
      ),
    );
  });

  it('a command between services does not say who may use it', () => {
    expect(problemsOf('type Query { a: Int @inaccessible @authenticated }')).toEqual([
      'Query.a is @inaccessible and does not say with @requiresScopes who may use it',
    ]);
  });

  it('an entity is not loaded from its reference', () => {
    expect(
      problemsOf(
        'type Query { a: Int @authenticated } type Wallet @key(fields: "id") @authenticated { id: ID! b: Int }',
      ),
    ).toEqual(['Wallet has no __resolveReference: what a caller says of it would be believed']);
  });

  it('a scope is one that nobody can hold, such as a misspelt one', () => {
    const scopes = '[["wallet:raed"], ["wallet:read:any", "ledger:post"]]';
    expect(problemsOf(`type Query { a: Int @requiresScopes(scopes: ${scopes}) }`)).toEqual([
      'Query.a asks for the scope wallet:raed, which nobody can hold',
    ]);
  });

  it('a policy is not defined', () => {
    expect(
      problemsOf('type Query { a: Int @policy(policies: [["x", "y"]]) }', { policies: { x: () => true } }),
    ).toEqual(['Query.a asks for the policy y, which is not defined']);
  });

  it('a list of public fields is not up to date', () => {
    const publicFields = { Query: ['a', 'b', 'gone'] };
    expect(problemsOf('type Query { a: Int b: Int @authenticated }', { publicFields })).toEqual([
      'Query.b is listed as public, but is guarded, out of reach or not there',
      'Query.gone is listed as public, but is guarded, out of reach or not there',
    ]);
  });

  it('an alternative of scopes is empty, and so would let everybody in', () => {
    expect(() => problemsOf('type Query { a: Int @requiresScopes(scopes: [["wallet:read"], []]) }')).toThrow(
      'An empty alternative',
    );
  });

  it('a resolver has no place in it', () => {
    const typeDefs = 'type Query { a: Int @authenticated }';
    const resolvers = { Query: { a: () => 1, aa: () => 2 }, Walet: { label: () => 'x' } };
    expect(problemsOf(typeDefs, { resolvers })).toEqual([
      'There is a resolver for Query.aa, which is not in the schema',
      'There are resolvers for Walet, which is not in the schema',
    ]);
    expect(problemsOf(typeDefs, { resolvers: { Query: { a: 3 } } })).toEqual(['Query.a is not a resolver']);
  });
});

describe('a schema passes when', () => {
  it('an entity is a stub that only refers to another subgraph’s', () => {
    expect(
      problemsOf(`type Query { a: Wallet @authenticated }
        type Wallet @key(fields: "id", resolvable: false) { id: ID! }`),
    ).toEqual([]);
  });

  it('what is not guarded is another subgraph’s', () => {
    const typeDefs = `type Query { a: Wallet @authenticated @provides(fields: "label") }
      type Wallet @key(fields: "id") { id: ID! label: String @external }`;
    expect(problemsOf(typeDefs, { resolvers: { Wallet: reference } })).toEqual([]);
  });

  it('a root field is guarded by what it returns', () => {
    expect(problemsOf('type Query { a: [Wallet!]! } type Wallet @authenticated { id: ID! }')).toEqual([]);
  });
});

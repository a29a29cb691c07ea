import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { loadGraph } from '../graph/graph.ts';
import { supergraphOf } from '../testing/local-graph.ts';
import { createCaching } from './caching.ts';

const graph = loadGraph(
  supergraphOf({
    rates: {
      sdl: `
        extend schema
          @link(url: "https://paygraph.dev/cacheControl/v1.0", import: ["@cacheControl"])
          @composeDirective(name: "@cacheControl")
        directive @cacheControl(maxAge: Int, scope: cacheControl__Scope, inheritMaxAge: Boolean)
          on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
        enum cacheControl__Scope { PUBLIC PRIVATE }

        type Query {
          rate: Rate @cacheControl(maxAge: 60)
          unsaid: Rate
          number: Int
          countries: [Country!] @cacheControl(maxAge: 3600)
          places: [Place!] @cacheControl(maxAge: 50)
          prices: [Price!] @cacheControl(maxAge: 40)
          typed: Typed
          never: Rate @cacheControl(maxAge: -5)
          mine: Rate @cacheControl(maxAge: 60, scope: PRIVATE)
          guarded: Rate @cacheControl(maxAge: 60) @authenticated
        }
        type Mutation { refresh: Rate @cacheControl(maxAge: 60) }
        type Rate {
          mid: String
          source: Source @cacheControl(inheritMaxAge: true)
          country: Country
          short: String @cacheControl(maxAge: 5)
          note: String @cacheControl(scope: PRIVATE)
          books: String @authenticated
        }
        type Source { name: String }
        type Country { name: String  capital: Country @cacheControl(maxAge: 10) }
        type Typed @cacheControl(maxAge: 30) { id: ID  next: Typed  longer: Typed @cacheControl(maxAge: 99) }
        interface Place { name: String  keeper: String @cacheControl(scope: PRIVATE) }
        type City implements Place { name: String @cacheControl(maxAge: 20)  keeper: String }
        type House implements Place { name: String @cacheControl(scope: PRIVATE)  keeper: String  number: Int }
        union Price = Fee | Discount
        type Fee { amount: String }
        type Discount @cacheControl(scope: PRIVATE) { amount: String }`,
      resolvers: {},
    },
  }),
);
const caching = createCaching(graph, 'this one');

it.each([
  ['what a root field says', '{ rate { mid } }', 60],
  ['the lowest of all', '{ rate { mid } countries { name } }', 60],
  ['the lowest, however deep', 'query { ...A } fragment A on Query { a: rate { ... { b: short } } }', 5],
  ['what it is in, where a field says so', '{ rate { source { name } } }', 60],
  ['what a type says, where the field does not', '{ typed { id next { id } } }', 30],
  ['what a field says before its type', '{ typed { longer { id } } }', 30],
  ['what the innermost says', '{ countries { capital { name } } }', 10],
  ['whatever is named with it', '{ __typename rate { __typename mid } }', 60],
  ['what all that an interface may be say', '{ places { ... on City { name } } }', 20],
])('an answer may be kept for %s', (_what, source, maxAge) => {
  expect(caching(parse(source), source)?.maxAge).toBe(maxAge);
});

it.each([
  ['a root field says nothing', '{ unsaid { mid } }'],
  ['a root field that is a number says nothing', '{ number }'],
  ['one of several root fields says nothing', '{ rate { mid } unsaid { mid } }'],
  ['an object says nothing', '{ rate { country { name } } }'],
  ['a field says less than none', '{ never { mid } }'],
  ['a root field is private', '{ mine { mid } }'],
  ['a field in it is private', '{ rate { mid ... { note } } }'],
  ['something that an interface may be is private', '{ places { name } }'],
  ['an interface says that it is private', '{ places { ... on City { keeper } } }'],
  ['something that a union may be is private', '{ prices { ... on Fee { amount } } }'],
  ['a root field asks who asks', '{ guarded { mid } }'],
  ['a field in it asks who asks', '{ rate { mid books } }'],
  ['it is asked about the schema', '{ rate { mid } __schema { queryType { name } } }'],
  ['nothing but its type is asked for', '{ __typename }'],
  ['it is a mutation', 'mutation { refresh { mid } }'],
])('no answer is kept where %s', (_what, source) => {
  expect(caching(parse(source), source)).toBeUndefined();
});

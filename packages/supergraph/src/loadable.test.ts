import { Supergraph } from '@apollo/federation-internals';
import { describe, expect, it } from 'vitest';
import { composeSubgraphs } from './compose.ts';
import { loadableSupergraph } from './loadable.ts';

const { supergraphSdl } = composeSubgraphs([
  {
    name: 'wallet',
    routingUrl: 'http://wallet:4000/graphql',
    sdl: `
      extend schema @link(
        url: "https://specs.apollo.dev/federation/v2.9"
        import: ["@authenticated", "@requiresScopes", "@policy", "@inaccessible"]
      )
      type Query {
        a: String @authenticated
        b: String @requiresScopes(scopes: [["wallet:read"]])
        c: String @policy(policies: [["staff"]])
        d: String @inaccessible
      }`,
  },
]);

describe('a supergraph with authorization directives', () => {
  it('is refused by the gateway’s libraries as composed', () => {
    expect(() => Supergraph.build(supergraphSdl)).toThrow(/unsupported/);
  });

  it('loads once made loadable, with its directives in place', () => {
    const loadable = loadableSupergraph(supergraphSdl);
    const { schema } = Supergraph.build(loadable);
    expect(schema.schemaDefinition.rootType('query')?.field('b')?.appliedDirectives.map(String)).toContain(
      '@requiresScopes(scopes: [["wallet:read"]])',
    );
  });

  it('keeps every other security mark, and with it @inaccessible', () => {
    const loadable = loadableSupergraph(supergraphSdl);
    expect(loadable).toContain('@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)');
    expect(Supergraph.build(loadable).apiSchema().schemaDefinition.rootType('query')?.field('d')).toBeUndefined();
  });

  it('is still refused when it marks a feature that nobody enforces', () => {
    const unknown = supergraphSdl.replace(
      'schema\n',
      'schema\n  @link(url: "https://example.com/vault/v1.0", for: SECURITY)\n',
    );
    expect(() => Supergraph.build(loadableSupergraph(unknown))).toThrow(/vault/);
  });
});

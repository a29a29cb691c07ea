import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { directiveNames } from './directives.ts';

const linked = (rest: string) =>
  parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9"${rest}) type Query { a: Int }`);

describe('federation’s directives', () => {
  it('are called as they are imported, renamed or not, and else by their namespace', () => {
    const names = directiveNames(
      linked(', import: ["@key", { name: "@requiresScopes", as: "@scopes" }, { name: "@policy" }]'),
    );
    expect(names).toEqual({
      key: 'key',
      requiresScopes: 'scopes',
      policy: 'policy',
      authenticated: 'federation__authenticated',
      inaccessible: 'federation__inaccessible',
      external: 'federation__external',
    });
    expect(directiveNames(linked(', as: "fed"')).key).toBe('fed__key');
  });

  it('are found among other links, on the schema itself too', () => {
    const document = parse(`
      schema
        @link(url: "https://specs.apollo.dev/link/v1.0")
        @link(url: "https://paygraph.dev/resumable/v1.0", import: ["@resumable"])
        @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"]) { query: Query }
      type Query { a: Int }`);
    expect(directiveNames(document).authenticated).toBe('authenticated');
  });

  it('must be linked to', () => {
    expect(() => directiveNames(parse('type Query { a: Int }'))).toThrow('needs an @link to federation 2');
  });
});

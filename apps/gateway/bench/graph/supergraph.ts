import { composeSubgraphs } from '@paygraph/supergraph';
import { Kind, parse, print, visit } from 'graphql';
import { type SubgraphName, sdl, subgraphNames } from './sdl.ts';

const SECURITY = /^https:\/\/specs\.apollo\.dev\/(?:authenticated|requiresScopes|policy)\//;
const directives = new Set(['authenticated', 'requiresScopes', 'policy']);

export interface Supergraphs {
  /** With the authorization directives. */
  readonly whole: string;
  /** Without them: `@apollo/gateway` refuses a supergraph that has them, and nobody but us is to pay for enforcing them. */
  readonly bare: string;
}

export function composeSupergraphs(addresses: Readonly<Record<SubgraphName, string>>): Supergraphs {
  const sources = subgraphNames.map((name) => ({ name, routingUrl: addresses[name], sdl: sdl[name] }));
  const { supergraphSdl } = composeSubgraphs(sources);
  return { whole: supergraphSdl, bare: withoutSecurity(supergraphSdl) };
}

function withoutSecurity(supergraphSdl: string): string {
  return print(
    visit(parse(supergraphSdl, { noLocation: true }), {
      DirectiveDefinition: ({ name }) => (directives.has(name.value) ? null : undefined),
      ScalarTypeDefinition: ({ name }) => (/^(?:requiresScopes|policy)__/.test(name.value) ? null : undefined),
      Directive(directive) {
        if (directives.has(directive.name.value)) return null;
        const url = directive.arguments?.find(({ name }) => name.value === 'url')?.value;
        return directive.name.value === 'link' && url?.kind === Kind.STRING && SECURITY.test(url.value)
          ? null
          : undefined;
      },
    }),
  );
}

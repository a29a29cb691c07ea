import { type DirectiveNode, Kind, parse, print, visit } from 'graphql';

const SECURITY_SPECIFICATION = /^https:\/\/specs\.apollo\.dev\/(?:authenticated|requiresScopes|policy)\/v0\.1$/;

/**
 * Makes a supergraph loadable by `@apollo/gateway`, which refuses one that marks features it does not implement as
 * `for: SECURITY`. Only that mark is dropped, and only from the links of `@authenticated`, `@requiresScopes` and
 * `@policy`, whose rules Paygraph enforces itself; an unknown security feature is still refused. The directives stay
 * in place.
 */
export const loadableSupergraph = (supergraphSdl: string): string =>
  print(visit(parse(supergraphSdl, { noLocation: true }), { Directive: { leave: withoutSecurityPurpose } }));

const withoutSecurityPurpose = (directive: DirectiveNode): DirectiveNode => {
  if (directive.name.value !== 'link' || !SECURITY_SPECIFICATION.test(linkedUrl(directive))) return directive;
  return { ...directive, arguments: directive.arguments?.filter(({ name }) => name.value !== 'for') ?? [] };
};

const linkedUrl = (link: DirectiveNode): string => {
  const url = link.arguments?.find(({ name }) => name.value === 'url')?.value;
  return url?.kind === Kind.STRING ? url.value : '';
};

import { hasScopes, type Principal } from '@paygraph/auth';
import { type GraphQLField, type GraphQLObjectType, getNamedType } from 'graphql';
import { type Annotated, type DirectiveNames, usesOf } from './directives.ts';

/** Whether a principal satisfies a policy named by `@policy`. */
export type Policies = Readonly<Record<string, (principal: Principal) => boolean>>;

/** One condition on who asks. Alternatives are OR of ANDs, as in the directives' arguments. */
export type Requirement =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'service' }
  | { readonly kind: 'scopes'; readonly alternatives: readonly (readonly string[])[] }
  | { readonly kind: 'policy'; readonly alternatives: readonly (readonly string[])[] };

/** Whether the principal meets one requirement. A policy that nobody defined is met by nobody. */
export function meets(principal: Principal, requirement: Requirement, policies: Policies): boolean {
  switch (requirement.kind) {
    case 'authenticated':
      return principal.kind !== 'anonymous';
    case 'service':
      return principal.kind === 'service';
    case 'scopes':
      return hasScopes(principal, requirement.alternatives);
    case 'policy':
      return requirement.alternatives.some((all) => all.every((policy) => policies[policy]?.(principal) ?? false));
  }
}

/**
 * What a field asks of its caller, all of it to be met: its own directives, those of the object type it stands on, and
 * those of the type it returns (object, enum or scalar). Federation allows none on interfaces.
 */
export function requirementsOfField(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  names: DirectiveNames,
): Requirement[] {
  return [field, parent, getNamedType(field.type)].flatMap((source) => requirementsIn(source, names));
}

/** What the directives on one type or field ask. */
export function requirementsIn(source: Annotated, names: DirectiveNames): Requirement[] {
  return [
    ...usesOf(source, names.authenticated).map((): Requirement => ({ kind: 'authenticated' })),
    ...usesOf(source, names.requiresScopes).map(
      ({ scopes }): Requirement => ({ kind: 'scopes', alternatives: listsOfNames(scopes) }),
    ),
    ...usesOf(source, names.policy).map(
      ({ policies }): Requirement => ({ kind: 'policy', alternatives: listsOfNames(policies) }),
    ),
  ];
}

function listsOfNames(value: unknown): string[][] {
  if (!Array.isArray(value)) throw new TypeError('@requiresScopes and @policy take a list of lists of names');
  return value.map((inner: unknown) => {
    // GraphQL lets one item stand for a list of one.
    const list: unknown[] = Array.isArray(inner) ? inner : [inner];
    if (list.length === 0) throw new TypeError('An empty alternative would let everybody in');
    return list.map((name) => {
      if (typeof name !== 'string') throw new TypeError('Scopes and policies are strings');
      return name;
    });
  });
}

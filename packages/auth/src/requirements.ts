import { hasScopes, type Principal } from './principal.ts';

/** Whether a principal satisfies a policy named by `@policy`. */
export type Policies = Readonly<Record<string, (principal: Principal) => boolean>>;

/** One condition on who asks. Alternatives are OR of ANDs, as in the arguments of `@requiresScopes` and `@policy`. */
export type Requirement =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'service' }
  | { readonly kind: 'scopes'; readonly alternatives: readonly (readonly string[])[] }
  | { readonly kind: 'policy'; readonly alternatives: readonly (readonly string[])[] };

/** Whether the principal meets one requirement. A policy that nobody defined is met by nobody. */
export function meets(principal: Principal, requirement: Requirement, policies: Policies): boolean {
  switch (requirement.kind) {
    case 'authenticated':
      return principal.kind === 'customer' || principal.kind === 'service';
    case 'service':
      return principal.kind === 'service';
    case 'scopes':
      return hasScopes(principal, requirement.alternatives);
    case 'policy':
      return requirement.alternatives.some((all) => all.every((policy) => isSatisfied(policies, policy, principal)));
  }
}

function isSatisfied(policies: Policies, policy: string, principal: Principal): boolean {
  return Object.hasOwn(policies, policy) && policies[policy]?.(principal) === true;
}

/**
 * Reads the argument of `@requiresScopes` or `@policy`.
 *
 * @throws TypeError when it is no list of lists of names, or when a list is empty, which would let everybody in
 */
export function alternativesOf(value: unknown): readonly (readonly string[])[] {
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

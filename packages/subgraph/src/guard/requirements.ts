import { alternativesOf, type Requirement } from '@paygraph/auth';
import { type GraphQLField, type GraphQLObjectType, getNamedType } from 'graphql';
import { type Annotated, type DirectiveNames, usesOf } from './directives.ts';

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
      ({ scopes }): Requirement => ({ kind: 'scopes', alternatives: alternativesOf(scopes) }),
    ),
    ...usesOf(source, names.policy).map(
      ({ policies }): Requirement => ({ kind: 'policy', alternatives: alternativesOf(policies) }),
    ),
  ];
}

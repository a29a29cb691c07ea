import type { Requirement } from '@paygraph/auth';
import { type GraphQLNamedType, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import type { RulesOf } from '../rules.ts';

/** What clients see of a supergraph, and what its directives ask of whoever selects it. */
export interface Guarded {
  readonly schema: GraphQLSchema;
  readonly rulesOf: RulesOf;
}

/** Fields that ask, or no longer ask, for the same thing. */
export interface AuthorizationChange {
  /** Whether there may be somebody who saw these fields and does not from now on; somebody does who did not, otherwise. */
  readonly isTighter: boolean;
  /** Such as `asks for @authenticated from now on`. */
  readonly message: string;
  /** `Type.field`. */
  readonly fields: readonly string[];
}

/** What changes of who may see the fields that there are before and after. */
export function authorizationChanges(before: Guarded, after: Guarded): AuthorizationChange[] {
  const tighter = new Map<string, string[]>();
  const looser = new Map<string, string[]>();
  const types = Object.values(before.schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type));

  // Objects come first: what one of them asks for, so do the interfaces that it implements.
  for (const type of [...types.filter(isObjectType), ...types.filter(isInterfaceType)]) {
    const next = after.schema.getType(type.name);
    if (!isObjectType(next) && !isInterfaceType(next)) continue;
    for (const field of ['__typename', ...Object.keys(type.getFields())]) {
      if (field !== '__typename' && !next.getFields()[field]) continue;
      const [had, has] = [before.rulesOf(type, field), after.rulesOf(next, field)];
      const behind = fieldsBehind(before.schema, type, field);
      note(tighter, added(had, has), `${type.name}.${field}`, behind);
      note(looser, added(has, had), `${type.name}.${field}`, behind);
    }
  }
  return [
    ...[...tighter].map(([asked, fields]) => ({ isTighter: true, message: `asks for ${asked} from now on`, fields })),
    ...[...looser].map(([asked, fields]) => ({ isTighter: false, message: `no longer asks for ${asked}`, fields })),
  ];
}

/** Remembers a field with what it asks for, unless it asks because one of those behind it does. */
function note(found: Map<string, string[]>, asked: readonly string[], field: string, behind: readonly string[]): void {
  for (const one of asked) {
    const fields = found.get(one) ?? [];
    if (!behind.some((other) => fields.includes(other))) fields.push(field);
    found.set(one, fields);
  }
}

/** The fields of object types that a field of an interface stands for. */
function fieldsBehind(schema: GraphQLSchema, type: GraphQLNamedType, field: string): string[] {
  return isInterfaceType(type) ? schema.getPossibleTypes(type).map(({ name }) => `${name}.${field}`) : [];
}

/** What is asked for that whoever meets the requirements given may not meet. */
function added(given: readonly Requirement[], asked: readonly Requirement[]): string[] {
  return asked.filter((requirement) => !implies(given, requirement)).map(textOf);
}

/** Whether everybody who meets all of some requirements meets another. */
function implies(given: readonly Requirement[], asked: Requirement): boolean {
  switch (asked.kind) {
    case 'authenticated':
      return given.some(({ kind }) => kind !== 'policy');
    case 'service':
      return given.some(({ kind }) => kind === 'service');
    default: {
      const alike = given.flatMap((one) =>
        one.kind === asked.kind && 'alternatives' in one ? [one.alternatives] : [],
      );
      return waysToMeet(alike).every((has) =>
        asked.alternatives.some((all) => all.every((name) => has.includes(name))),
      );
    }
  }
}

/** Each choice of one alternative of every requirement, as all the names in it. */
function waysToMeet(requirements: readonly (readonly (readonly string[])[])[]): readonly (readonly string[])[] {
  return requirements.reduce<readonly (readonly string[])[]>(
    (ways, alternatives) => ways.flatMap((way) => alternatives.map((names) => [...way, ...names])),
    [[]],
  );
}

function textOf(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'authenticated':
      return '@authenticated';
    case 'service':
      return 'a service';
    default: {
      const alternatives = requirement.alternatives.map((names) => names.join(' and '));
      return `the ${requirement.kind === 'scopes' ? 'scope' : 'policy'} ${alternatives.join(', or ')}`;
    }
  }
}

import { isScope } from '@paygraph/auth';
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { usesOf } from './directives.ts';
import { isResolvableEntity, keyFieldsOf, referenceResolverOf, rootTypesOf } from './federation.ts';
import { fieldRequirements, type GuardOptions } from './guard.ts';

/** A schema that could not be guarded as it stands. The message has one line per problem. */
export class SchemaLintError extends Error {
  override readonly name = 'SchemaLintError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Fields that federation adds. They show nothing but the schema, and entities, which are guarded by type and field. */
const federationFields = new Set(['_entities', '_service']);

interface ReachableField {
  readonly type: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly coordinate: string;
}

/**
 * Nothing is open by oversight. Each field of the schema is guarded, or behind one that is, or listed in `publicFields`:
 * - each root field is guarded or listed;
 * - so is each field of an entity, because `_entities` reaches it without passing a root field, but for its keys;
 * - so is each field of whatever an open field leads to;
 * - each `@inaccessible` root field, a command between services, says which scope it takes;
 * - each scope asked for is one that somebody can hold, each policy is defined;
 * - each listed field exists and needs to be listed.
 *
 * @throws SchemaLintError
 */
export function lintSchema(schema: GraphQLSchema, options: GuardOptions): void {
  const roots = rootFields(schema);
  const entities = entitiesOf(schema, options);
  const isOpen = ({ type, field }: ReachableField): boolean => fieldRequirements(type, field, options).length === 0;
  const reachable = [...roots, ...entities.flatMap((type) => ownFields(type, options))];
  const seen = new Set<GraphQLObjectType>(entities);
  // The list grows while it is gone through.
  for (const each of reachable)
    for (const type of isOpen(each) ? objectsOf(each.field, schema) : []) {
      if (!seen.has(type)) reachable.push(...ownFields(type, options));
      seen.add(type);
    }
  const open = reachable.filter(isOpen);
  const problems = [
    ...open.flatMap(({ coordinate }) =>
      options.publicFields.has(coordinate) ? [] : [`${coordinate} is neither guarded nor listed as public`],
    ),
    ...roots.flatMap((root) => commandProblems(root, options)),
    ...reachable.flatMap((field) => requirementProblems(field, options)),
    ...entities.flatMap((type) =>
      referenceResolverOf(type)
        ? []
        : [`${type.name} has no __resolveReference: what a caller says of it would be believed`],
    ),
    ...uselessListings(open, options),
  ];
  if (problems.length > 0) throw new SchemaLintError(problems);
}

function rootFields(schema: GraphQLSchema): ReachableField[] {
  return rootTypesOf(schema)
    .flatMap(fieldsOf)
    .filter(({ field }) => !federationFields.has(field.name));
}

function entitiesOf(schema: GraphQLSchema, { names }: GuardOptions): GraphQLObjectType[] {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  return types.filter((type) => isResolvableEntity(type, names));
}

/** The types of the objects that a field leads to. */
function objectsOf({ type }: GraphQLField<unknown, unknown>, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  const named = getNamedType(type);
  if (isObjectType(named)) return [named];
  return isAbstractType(named) ? schema.getPossibleTypes(named) : [];
}

/** The fields of a type that are this subgraph's to guard: not its keys, which say no more than who asks for it knows. */
function ownFields(type: GraphQLObjectType, { names }: GuardOptions): ReachableField[] {
  const keys = keyFieldsOf(type, names);
  return fieldsOf(type).filter(({ field }) => !keys.has(field.name) && usesOf(field, names.external).length === 0);
}

function fieldsOf(type: GraphQLObjectType): ReachableField[] {
  return Object.values(type.getFields()).map((field) => ({ type, field, coordinate: `${type.name}.${field.name}` }));
}

function commandProblems({ field, coordinate }: ReachableField, { names }: GuardOptions): string[] {
  if (usesOf(field, names.inaccessible).length === 0 || usesOf(field, names.requiresScopes).length > 0) return [];
  return [`${coordinate} is @inaccessible and does not say with @requiresScopes who may use it`];
}

function requirementProblems({ type, field, coordinate }: ReachableField, options: GuardOptions): string[] {
  return fieldRequirements(type, field, options).flatMap((requirement): string[] => {
    if (requirement.kind === 'scopes') {
      const unknown = requirement.alternatives.flat().filter((scope) => !isScope(scope));
      return unknown.map((scope) => `${coordinate} asks for the scope ${scope}, which nobody can hold`);
    }
    if (requirement.kind === 'policy') {
      const unknown = requirement.alternatives.flat().filter((policy) => !(policy in options.policies));
      return unknown.map((policy) => `${coordinate} asks for the policy ${policy}, which is not defined`);
    }
    return [];
  });
}

function uselessListings(open: readonly ReachableField[], { publicFields }: GuardOptions): string[] {
  const useful = new Set(open.map(({ coordinate }) => coordinate));
  const useless = [...publicFields].filter((coordinate) => !useful.has(coordinate));
  return useless.map((coordinate) => `${coordinate} is listed as public, but is guarded, out of reach or not there`);
}

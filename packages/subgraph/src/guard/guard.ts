import { meets, type Policies, type Principal, type Requirement } from '@paygraph/auth';
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { badUserInput, forbidden, unauthenticated } from '../errors.ts';
import { type DirectiveNames, usesOf } from './directives.ts';
import { keyFieldsOf, referenceResolverOf, setReferenceResolver } from './federation.ts';
import { requirementsIn, requirementsOfField } from './requirements.ts';

export interface GuardOptions {
  readonly names: DirectiveNames;
  readonly policies: Policies;
  /** Fields that anyone may read, as `Type.field`. */
  readonly publicFields: ReadonlySet<string>;
  /** `@inaccessible` fields that the gateway itself reads with a customer's token, for a `@requires` elsewhere. */
  readonly gatewayFields: ReadonlySet<string>;
}

/** Puts the guards that the schema's directives ask for in front of its resolvers. Changes the schema it is given. */
export function guardSchema(schema: GraphQLSchema, options: GuardOptions): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) guardField(type, field, options);
    guardReferences(type, options);
  }
  const entities = schema.getQueryType()?.getFields()._entities;
  if (entities) refuseUnknownEntities(entities);
}

/** Everything a field asks of its caller, `@inaccessible` included. */
export function fieldRequirements(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  options: Pick<GuardOptions, 'names' | 'gatewayFields'>,
): Requirement[] {
  const requirements = requirementsOfField(parent, field, options.names);
  return isForServices(parent, field, options) ? [...requirements, { kind: 'service' }] : requirements;
}

/** An `@inaccessible` field is a service's, unless the gateway needs it to join entities on a customer's behalf. */
function isForServices(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  { names, gatewayFields }: Pick<GuardOptions, 'names' | 'gatewayFields'>,
): boolean {
  if (usesOf(field, names.inaccessible).length === 0) return false;
  return !keyFieldsOf(parent, names).has(field.name) && !gatewayFields.has(`${parent.name}.${field.name}`);
}

function guardField(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>, options: GuardOptions): void {
  const requirements = fieldRequirements(parent, field, options);
  if (requirements.length === 0) return;
  field.resolve = guarded(field.resolve ?? defaultFieldResolver, requirements, options.policies);
  if (field.subscribe) field.subscribe = guarded(field.subscribe, requirements, options.policies);
}

function guarded(
  resolve: GraphQLFieldResolver<unknown, unknown>,
  requirements: readonly Requirement[],
  policies: Policies,
): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    admit(context, requirements, policies);
    return resolve(source, args, context, info);
  };
}

function admit(context: unknown, requirements: readonly Requirement[], policies: Policies): void {
  const principal = principalIn(context);
  for (const requirement of requirements) {
    if (meets(principal, requirement, policies)) continue;
    throw principal.kind === 'anonymous' ? unauthenticated() : forbidden();
  }
}

/**
 * `_entities` stands beside the root fields and their guards. So a reference to a guarded type is refused before it is
 * resolved, and one to a type on which nothing is public needs somebody signed in: otherwise its loading would tell
 * strangers which ids exist. What is on the type, its fields guard.
 */
function guardReferences(type: GraphQLObjectType, options: GuardOptions): void {
  const resolveReference = referenceResolverOf(type);
  if (!resolveReference) return;
  const requirements = requirementsIn(type, options.names);
  if (!hasPublicField(type, options)) requirements.push({ kind: 'authenticated' });
  if (requirements.length === 0) return;
  // Asynchronous, so that a refusal is this item's error and not the whole list's.
  setReferenceResolver(type, async (reference, context, info) => {
    admit(context, requirements, options.policies);
    return resolveReference(reference, context, info);
  });
}

function hasPublicField(type: GraphQLObjectType, { publicFields }: GuardOptions): boolean {
  return Object.keys(type.getFields()).some((name) => publicFields.has(`${type.name}.${name}`));
}

/** A representation of something that is no entity is the caller's mistake; the library would call it ours. */
function refuseUnknownEntities(field: GraphQLField<unknown, unknown>): void {
  const { resolve } = field;
  if (!resolve) return;
  field.resolve = (source, args, context, info) => {
    const union = info.schema.getType('_Entity');
    const known = new Set(union && 'getTypes' in union ? union.getTypes().map(({ name }) => name) : []);
    for (const { __typename } of args.representations)
      if (!known.has(__typename)) throw badUserInput('Not an entity of this subgraph', ['representations']);
    return resolve(source, args, context, info);
  };
}

function principalIn(context: unknown): Principal {
  if (typeof context === 'object' && context !== null && 'principal' in context && isPrincipal(context.principal))
    return context.principal;
  throw new TypeError('The context has no principal');
}

function isPrincipal(value: unknown): value is Principal {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

import { buildSubgraphSchema } from '@apollo/subgraph';
import type { Policies } from '@paygraph/auth';
import { addScalars } from '@paygraph/scalars';
import {
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql';
import { directiveNames } from './guard/directives.ts';
import { type GuardOptions, guardSchema } from './guard/guard.ts';
import { lintSchema, SchemaLintError } from './guard/lint.ts';

/** Resolvers by type and field, as graphql-codegen's `Resolvers` types them. */
export type ResolverMap = Readonly<Record<string, object | undefined>>;

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type TypeResolvers = Record<string, Resolver | { resolve?: Resolver; subscribe?: Resolver }>;

export interface SchemaOptions {
  /** The SDL, with an `@link` to federation 2. */
  readonly typeDefs: string | DocumentNode;
  readonly resolvers: ResolverMap;
  /** Fields that anyone may read, by type: whatever can be reached and is not listed must be guarded. */
  readonly publicFields?: Readonly<Record<string, readonly string[]>> | undefined;
  /** `@inaccessible` fields outside a key that the gateway reads for a `@requires` of another subgraph. */
  readonly gatewayFields?: readonly string[] | undefined;
  readonly policies?: Policies | undefined;
  /** Hides the schema: no introspection, no SDL, no suggestions. Unless given, whether NODE_ENV says so. */
  readonly production?: boolean | undefined;
}

/**
 * Builds a subgraph's executable schema: custom scalars by name, resolvers, and the guards its directives ask for.
 * @throws SchemaLintError when a resolver has no place in the schema or something would be open by oversight.
 */
export function buildGuardedSchema(options: SchemaOptions): GraphQLSchema {
  const { typeDefs, resolvers, publicFields = {}, gatewayFields = [], policies = {}, production = false } = options;
  const document = typeof typeDefs === 'string' ? parse(typeDefs) : typeDefs;
  const schema = buildSubgraphSchema({ typeDefs: document, resolvers: checkedResolvers(resolvers) });
  checkPlaces(schema, resolvers);
  addScalars(schema);
  const guard: GuardOptions = {
    names: directiveNames(document),
    policies,
    publicFields: new Set(
      Object.entries(publicFields).flatMap(([type, fields]) => fields.map((field) => `${type}.${field}`)),
    ),
    gatewayFields: new Set(gatewayFields),
  };
  lintSchema(schema, guard);
  guardSchema(schema, guard);
  if (production) hideSdl(schema);
  return schema;
}

function checkedResolvers(resolvers: ResolverMap): Record<string, TypeResolvers> {
  const checked: Record<string, TypeResolvers> = {};
  for (const [type, fields] of Object.entries(resolvers)) {
    if (!fields) continue;
    const ofType: TypeResolvers = {};
    for (const [field, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      ofType[field] = checkedResolver(`${type}.${field}`, value);
    }
    checked[type] = ofType;
  }
  return checked;
}

function checkedResolver(coordinate: string, value: unknown): TypeResolvers[string] {
  if (isFunction(value)) return value;
  if (typeof value === 'object' && value !== null) {
    const resolve = 'resolve' in value && isFunction(value.resolve) ? { resolve: value.resolve } : {};
    const subscribe = 'subscribe' in value && isFunction(value.subscribe) ? { subscribe: value.subscribe } : {};
    if ('resolve' in resolve || 'subscribe' in subscribe) return { ...resolve, ...subscribe };
  }
  throw new SchemaLintError([`${coordinate} is not a resolver`]);
}

function isFunction(value: unknown): value is Resolver {
  return typeof value === 'function';
}

/** The library drops resolvers that match nothing, and with them every misspelt one. */
function checkPlaces(schema: GraphQLSchema, resolvers: ResolverMap): void {
  const problems: string[] = [];
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!type) problems.push(`There are resolvers for ${typeName}, which is not in the schema`);
    if (!fields || !type || isScalarType(type) || isEnumType(type)) continue;
    const known = isObjectType(type) ? Object.keys(type.getFields()) : [];
    const special = isAbstractType(type)
      ? ['__resolveType', '__resolveReference']
      : ['__resolveReference', '__isTypeOf'];
    for (const name of Object.keys(fields))
      if (![...known, ...special].includes(name))
        problems.push(`There is a resolver for ${typeName}.${name}, which is not in the schema`);
  }
  if (problems.length > 0) throw new SchemaLintError(problems);
}

/** `_service` shows the SDL, commands between services included, and is no part of what introspection switches off. */
function hideSdl(schema: GraphQLSchema): void {
  const service = schema.getQueryType()?.getFields()._service;
  if (service) service.resolve = () => ({ sdl: null });
}

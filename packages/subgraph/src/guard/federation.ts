import { type GraphQLObjectType, type GraphQLSchema, Kind, parse } from 'graphql';
import { type DirectiveNames, usesOf } from './directives.ts';

/** Query, Mutation and Subscription, those that there are. */
export function rootTypesOf(schema: GraphQLSchema): GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type): type is GraphQLObjectType => type !== null && type !== undefined,
  );
}

/** Whether the gateway can load objects of this type here, through `_entities`. */
export function isResolvableEntity(type: GraphQLObjectType, names: DirectiveNames): boolean {
  return usesOf(type, names.key).some(({ resolvable }) => resolvable !== false);
}

/** The fields of the type itself that its keys are made of. */
export function keyFieldsOf(type: GraphQLObjectType, names: DirectiveNames): Set<string> {
  return new Set(
    usesOf(type, names.key).flatMap(({ fields }) => (typeof fields === 'string' ? topFieldsOf(fields) : [])),
  );
}

function topFieldsOf(selection: string): string[] {
  const [operation] = parse(`{ ${selection} }`, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
  return operation.selectionSet.selections.flatMap((node) => (node.kind === Kind.FIELD ? [node.name.value] : []));
}

/** Loads an entity from its representation. */
export type ReferenceResolver = (reference: unknown, context: unknown, info: unknown) => unknown;

/** Where @apollo/subgraph keeps a type's `__resolveReference`. */
export function referenceResolverOf(type: GraphQLObjectType): ReferenceResolver | undefined {
  const { apollo }: { apollo?: { subgraph?: { resolveReference?: ReferenceResolver } } } = type.extensions;
  return apollo?.subgraph?.resolveReference;
}

export function setReferenceResolver(type: GraphQLObjectType, resolveReference: ReferenceResolver): void {
  type.extensions = { ...type.extensions, apollo: { subgraph: { resolveReference } } };
}

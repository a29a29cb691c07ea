import {
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { operationIn } from '../execution/conditions.ts';
import { fragmentsIn, isIntrospection } from '../execution/keys.ts';
import { type Asked, askedBy, fieldOf, rootOf } from '../protection/asked.ts';
import type { CacheHint, CacheHints } from './hints.ts';

/** For how many seconds the answer to a valid query may be kept and given to everybody; 0 if it may not. */
export type PublicFor = (document: DocumentNode) => number;

/**
 * Apollo Server's rules, applied to a document whose conditions are decided: the lowest `maxAge` of all its fields, which is 0 for
 * fields of the root and for objects unless told otherwise, and that of what they are in for all others. Nothing of it may be
 * private. What an interface or union may be is all asked about, so that the policy holds for every answer.
 *
 * Source: https://www.apollographql.com/docs/apollo-server/performance/caching
 */
export function createPublicFor(schema: GraphQLSchema, hints: CacheHints): PublicFor {
  const objectsOf = (type: GraphQLCompositeType): readonly GraphQLCompositeType[] =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  const ofType = (type: GraphQLNamedType): CacheHint | undefined => {
    if (!isCompositeType(type)) return undefined;
    const isPrivate = [type, ...objectsOf(type)].some(({ name }) => hints.get(name)?.isPrivate);
    const hint = hints.get(type.name) ?? { maxAge: undefined, isPrivate: false, inherits: false };
    return { ...hint, isPrivate };
  };
  /** Whether it is somebody's by what the object or an interface of it says. */
  const isPrivate = (object: GraphQLCompositeType, field: string): boolean =>
    [object, ...(isObjectType(object) ? object.getInterfaces() : [])].some(
      ({ name }) => hints.get(`${name}.${field}`)?.isPrivate,
    );
  const own = (
    object: GraphQLCompositeType,
    { name, type }: GraphQLField<unknown, unknown>,
    isRoot: boolean,
  ): number => {
    const named = getNamedType(type);
    const [onField, onType] = [hints.get(`${object.name}.${name}`), ofType(named)];
    if (isPrivate(object, name) || onType?.isPrivate) return 0;
    const maxAge = onField?.maxAge ?? onType?.maxAge;
    if (maxAge !== undefined) return maxAge;
    const inherits = !isCompositeType(named) || onField?.inherits === true || onType?.inherits === true;
    return inherits && !isRoot ? Number.POSITIVE_INFINITY : 0;
  };

  return (document) => {
    const operation = operationIn(document);
    const fragments = fragmentsIn(document);
    const root = rootOf(schema, operation);
    const ofSets = (type: GraphQLCompositeType, sets: readonly SelectionSetNode[]): number =>
      Math.min(...askedBy(schema, fragments, type, sets).map(ofField), Number.POSITIVE_INFINITY);
    const ofField = ({ parent, nodes }: Asked): number => {
      const [node] = nodes;
      if (!node || isIntrospection(node)) return 0;
      if (node.name.value === '__typename') return Number.POSITIVE_INFINITY;
      const ages = objectsOf(parent).map((object) => {
        const field = fieldOf(object, node.name.value);
        return field ? own(object, field, object === root) : 0;
      });
      const type = getNamedType(fieldOf(parent, node.name.value)?.type);
      const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      const below = isCompositeType(type) ? ofSets(type, inner) : Number.POSITIVE_INFINITY;
      return Math.min(...ages, below);
    };
    const age = ofSets(root, [operation.selectionSet]);
    return Number.isFinite(age) ? age : 0;
  };
}

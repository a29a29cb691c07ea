import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { operationIn } from '../execution/conditions.ts';
import { fragmentsIn, inlined } from '../execution/keys.ts';

/** Selections that an operation may have once its fragments are written out: more take the planner long. */
const MAX_SELECTIONS = 1_000;

/**
 * The same operation with its fragments written out, those on another interface or union than that of the field once for each
 * object type that both have. Deferred fragments stay as they are: written twice they would come twice. Undefined when it
 * would be too large.
 */
export function concrete(document: DocumentNode, schema: GraphQLSchema): DocumentNode | undefined {
  const operation = operationIn(document);
  const root = schema.getRootType(operation.operation);
  const fragments = fragmentsIn(document);
  let left = MAX_SELECTIONS;

  const setOf = (set: SelectionSetNode, type: GraphQLNamedType): SelectionSetNode => {
    const selections = left > 0 ? set.selections.flatMap((selection) => selectionsOf(selection, type)) : [];
    return { ...set, selections: selections.length > 0 ? selections : [typename] };
  };
  const selectionsOf = (selection: SelectionNode, parent: GraphQLNamedType): readonly SelectionNode[] => {
    left -= 1;
    switch (selection.kind) {
      case Kind.FIELD: {
        const type = fieldType(parent, selection.name.value);
        return [
          selection.selectionSet && type
            ? { ...selection, selectionSet: setOf(selection.selectionSet, type) }
            : selection,
        ];
      }
      case Kind.INLINE_FRAGMENT:
        return fragmentsOf(selection, parent);
      case Kind.FRAGMENT_SPREAD: {
        const fragment = fragments.get(selection.name.value);
        return fragment ? fragmentsOf({ ...inlined(fragment), directives: selection.directives ?? [] }, parent) : [];
      }
    }
  };
  const fragmentsOf = (fragment: InlineFragmentNode, parent: GraphQLNamedType): readonly InlineFragmentNode[] => {
    const { typeCondition, directives = [] } = fragment;
    const type = (typeCondition && typeFromAST(schema, typeCondition)) ?? parent;
    // Where what is around has been narrowed, some match nothing.
    if (isObjectType(parent) && isObjectType(type) && type !== parent) return [];
    if (type === parent || !isAbstractType(type) || directives.length > 0)
      return [{ ...fragment, selectionSet: setOf(fragment.selectionSet, type) }];
    return schema
      .getPossibleTypes(type)
      .filter((each) => each === parent || (isAbstractType(parent) && schema.isSubType(parent, each)))
      .map((each) => ({
        ...fragment,
        typeCondition: named(each.name),
        selectionSet: setOf(fragment.selectionSet, each),
      }));
  };

  if (!root) return undefined;
  const selectionSet = setOf(operation.selectionSet, root);
  return left > 0 ? { ...document, definitions: [{ ...operation, selectionSet }] } : undefined;
}

function fieldType(parent: GraphQLNamedType, name: string): GraphQLNamedType | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  const type = getNamedType(parent.getFields()[name]?.type);
  return isCompositeType(type) ? type : undefined;
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

function named(value: string) {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value } } as const;
}

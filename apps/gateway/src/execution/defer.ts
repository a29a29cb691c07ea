import {
  type DirectiveNode,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
  visit,
} from 'graphql';
import { isRemoved } from '../authorization/removed.ts';
import { codedError, Rejection } from '../errors.ts';
import { operationIn } from './conditions.ts';
import { fragmentsIn, inlined, responseName } from './keys.ts';

/** A fragment that comes later. */
export interface DeferredFragment {
  /** One of our own, different for each. */
  readonly label: string;
  /** The client's, if it gave one. */
  readonly given: string | undefined;
  /** The fragment that it stands in, when that comes later too. */
  readonly parent: string | undefined;
  /** The client's names of the fields that lead to it: from the root, or from what its parent selects. */
  readonly path: readonly string[];
  /** Types that objects on the way must have, one list for where the path begins and one after each of its fields. */
  readonly guards: readonly (readonly string[])[];
  /** The type of the object that the fragment is on. */
  readonly type: GraphQLNamedType;
  /** The fragment, without `@defer`. */
  readonly selectionSet: SelectionSetNode;
}

export function hasDefer(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: ({ name }) => {
      found ||= name.value === 'defer';
    },
  });
  return found;
}

/** Selections that an operation with `@defer` may have once its fragments are written out. */
const MAX_SELECTIONS = 10_000;

interface Place {
  readonly parent: string | undefined;
  readonly path: readonly string[];
  readonly guards: readonly (readonly string[])[];
  readonly type: GraphQLNamedType;
}

/**
 * The document with its fragments written out and each deferred one labelled by us, and what they are. Root fields of mutations
 * are not deferred: they run in their order.
 *
 * @throws Rejection when it is too large for that
 */
export function withLabels(
  document: DocumentNode,
  schema: GraphQLSchema,
): { readonly document: DocumentNode; readonly deferred: readonly DeferredFragment[] } {
  const operation = operationIn(document);
  const fragments = fragmentsIn(document);
  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`The graph has no ${operation.operation}`);
  const deferred: DeferredFragment[] = [];
  let selections = 0;

  const setOf = (set: SelectionSetNode, place: Place): SelectionSetNode => ({
    ...set,
    selections: set.selections.map((selection) => selectionOf(selection, place)),
  });
  const selectionOf = (selection: SelectionNode, place: Place): SelectionNode => {
    selections += 1;
    if (selections > MAX_SELECTIONS)
      throw new Rejection([codedError('OPERATION_TOO_COMPLEX', 'The operation is too large to be deferred.')]);
    if (selection.kind === Kind.FIELD) {
      const type = fieldType(place.type, selection.name.value);
      if (!selection.selectionSet || !type || isRemoved(selection)) return selection;
      const path = [...place.path, responseName(selection)];
      const guards = [...place.guards, []];
      return { ...selection, selectionSet: setOf(selection.selectionSet, { ...place, path, guards, type }) };
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) return fragmentOf(selection, place);
    const fragment = fragments.get(selection.name.value);
    if (!fragment) throw new Error(`There is no fragment ${selection.name.value}`);
    return fragmentOf({ ...inlined(fragment), directives: selection.directives ?? [] }, place);
  };
  const fragmentOf = (fragment: InlineFragmentNode, place: Place): InlineFragmentNode => {
    const type = (fragment.typeCondition && typeFromAST(schema, fragment.typeCondition)) ?? place.type;
    const defer = place.type === schema.getMutationType() ? undefined : deferOf(fragment);
    if (!defer) {
      const guards = [...place.guards.slice(0, -1), [...(place.guards.at(-1) ?? []), type.name]];
      return { ...fragment, directives: [], selectionSet: setOf(fragment.selectionSet, { ...place, guards, type }) };
    }
    const label = `d${deferred.length}`;
    const index = deferred.push({ label, given: labelOf(defer), ...place, selectionSet: fragment.selectionSet }) - 1;
    const selectionSet = setOf(fragment.selectionSet, { parent: label, path: [], guards: [[type.name]], type });
    const plain = { ...fragment, directives: [], selectionSet };
    deferred[index] = {
      ...(deferred[index] as DeferredFragment),
      selectionSet: { ...selectionSet, selections: [plain] },
    };
    return { ...plain, directives: [labelled(defer, label)] };
  };

  const selectionSet = setOf(operation.selectionSet, { parent: undefined, path: [], guards: [[]], type: root });
  return { document: { ...document, definitions: [{ ...operation, selectionSet }] }, deferred };
}

function fieldType(parent: GraphQLNamedType, name: string): GraphQLNamedType | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  const type = getNamedType(parent.getFields()[name]?.type);
  return isCompositeType(type) ? type : undefined;
}

function deferOf({ directives = [] }: InlineFragmentNode): DirectiveNode | undefined {
  return directives.find(({ name }) => name.value === 'defer');
}

function labelOf({ arguments: given = [] }: DirectiveNode): string | undefined {
  const value = given.find(({ name }) => name.value === 'label')?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function labelled(defer: DirectiveNode, label: string): DirectiveNode {
  const name = { kind: Kind.NAME, value: 'label' } as const;
  return { ...defer, arguments: [{ kind: Kind.ARGUMENT, name, value: { kind: Kind.STRING, value: label } }] };
}

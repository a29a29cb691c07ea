import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type InlineFragmentNode,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { isRemoved } from '../authorization/removed.ts';
import { operationIn } from './conditions.ts';

/**
 * Under which key the data of a field stand while an operation runs.
 *
 * Whatever a client calls a field, its data stand under the field's own name, and with arguments under a name that
 * belongs to field and arguments alone. So no alias can take the place of what keys and `@requires` select, which are
 * bare names: `{ amount: fee limitOk }` fetches `fee` as `fee`. The client's names come back when the answer is shaped.
 */
export type KeyOf = (field: FieldNode, isMutation: boolean) => string;

export interface Names {
  /** No field of the supergraph begins with it. */
  readonly prefix: string;
  /** Fields that a `@requires` selects with arguments: their bare names stand for those arguments alone. */
  readonly required: ReadonlySet<string>;
}

/** Keys for one operation: its fields with the same arguments get the same key. */
export function createKeys({ prefix, required }: Names): KeyOf {
  const numbers = new Map<string, number>();
  return (field, isMutation) => {
    const name = field.name.value;
    // Each of a mutation's root fields has an effect of its own, also where two are the same.
    if (isMutation && name !== '__typename') return `${prefix}m_${responseName(field)}`;
    const isBare = !field.arguments?.length && !required.has(name) && !(name in Object.prototype);
    if (isBare) return name;
    const call = `${name}(${argumentsOf(field)})`;
    const number = numbers.get(call) ?? numbers.size;
    numbers.set(call, number);
    return `${prefix}${number}_${name}`;
  };
}

export function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

/** Fields about the schema, which no subgraph is asked for. */
export function isIntrospection({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type';
}

/** The document that is planned: every field under its key, nothing about the schema, nothing removed, no empty selection. */
export function plannable(document: DocumentNode, keyOf: KeyOf): DocumentNode {
  const isMutation = operationIn(document).operation === 'mutation';
  const fragments = fragmentsIn(document);
  const selectionOf = (selection: SelectionNode, atRoot: boolean): SelectionNode => {
    switch (selection.kind) {
      case Kind.FRAGMENT_SPREAD: {
        const fragment = isMutation && atRoot ? fragments.get(selection.name.value) : undefined;
        return fragment ? { ...inlined(fragment), selectionSet: setOf(fragment.selectionSet, true) } : selection;
      }
      case Kind.INLINE_FRAGMENT:
        return { ...selection, selectionSet: setOf(selection.selectionSet, atRoot) };
      case Kind.FIELD:
        return fieldUnderKey(selection, keyOf(selection, isMutation && atRoot), (set) =>
          setOf(atRoot && isLookup(selection) ? withId(set) : set, false),
        );
    }
  };
  const setOf = (set: SelectionSetNode, atRoot: boolean): SelectionSetNode => {
    const selections = set.selections
      .filter((selection) => selection.kind !== Kind.FIELD || !(isIntrospection(selection) || isRemoved(selection)))
      .map((selection) => selectionOf(selection, atRoot));
    return { ...set, selections: selections.length > 0 ? selections : [typename] };
  };
  const definitionOf = (definition: DefinitionNode): DefinitionNode => {
    if (definition.kind === Kind.OPERATION_DEFINITION)
      return { ...definition, selectionSet: setOf(definition.selectionSet, true) };
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return definition;
    const atRoot = !isMutation && definition.typeCondition.name.value === 'Query';
    return { ...definition, selectionSet: setOf(definition.selectionSet, atRoot) };
  };
  return { ...document, definitions: document.definitions.map(definitionOf) };
}

/** `Query.node` and `Query.nodes`: whether there is what they find is asked by its id. */
function isLookup({ name, arguments: given = [] }: FieldNode): boolean {
  const argument = name.value === 'node' ? 'id' : name.value === 'nodes' ? 'ids' : undefined;
  return argument !== undefined && given.some((each) => each.name.value === argument);
}

function withId(set: SelectionSetNode): SelectionSetNode {
  return { ...set, selections: [...set.selections, { kind: Kind.FIELD, name: { kind: Kind.NAME, value: 'id' } }] };
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

function fieldUnderKey(field: FieldNode, key: string, setOf: (set: SelectionSetNode) => SelectionSetNode): FieldNode {
  const { alias: _alias, selectionSet, ...rest } = field;
  return {
    ...rest,
    ...(key !== field.name.value && { alias: { kind: Kind.NAME, value: key } }),
    ...(selectionSet && { selectionSet: setOf(selectionSet) }),
  };
}

function argumentsOf({ arguments: given = [] }: FieldNode): string {
  return given
    .map(({ name, value }) => `${name.value}:${print(value)}`)
    .sort()
    .join();
}

export function fragmentsIn(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  return fragments;
}

export function inlined({ typeCondition, selectionSet }: FragmentDefinitionNode): InlineFragmentNode {
  return { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet };
}

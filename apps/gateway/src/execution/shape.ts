import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { isRemoved } from '../authorization/removed.ts';
import { isIntrospection, type KeyOf, responseName } from './keys.ts';
import type { Data } from './merge.ts';
import { quote } from './quote.ts';
import type { Shaping } from './shaping.ts';
import { leafWriter, listOf, nullable, required, type Writer } from './writers.ts';

/** A field as a client asked for it: where its value stands, and how it is written. */
export interface FieldShape {
  /** The client's name of it. */
  readonly name: string;
  /** The key of its data. */
  readonly key: string;
  /** `"name":` */
  readonly lead: string;
  readonly write: Writer;
  readonly child: ObjectShape | undefined;
}

/** What a client asked of an object, in the client's order and under the client's names. */
export interface ObjectShape {
  /** The fields of an object of this type; undefined when nobody may see such an object. */
  fieldsOf(typename: unknown): readonly FieldShape[] | undefined;
  /** The fields of objects whose type is not known, because they are missing: those of every type. */
  anyFields(): readonly FieldShape[];
  readonly write: Writer;
}

export interface ShapeContext {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly keyOf: KeyOf;
  /** Whether what a fragment selects comes later, and not with what surrounds it. */
  readonly isDeferred: (label: string) => boolean;
}

/** Some selections of a field's type, and whether they stand below a field that has been removed. */
interface Selections {
  readonly set: SelectionSetNode;
  readonly isRemoved: boolean;
}

/** A field as it stands in the document, and whether it or a field above it has been removed. */
interface Selected {
  readonly node: FieldNode;
  readonly isRemoved: boolean;
}

/** Where the value of an introspection field stands among the data. */
export function introspectionKey(field: FieldNode): string {
  return `__introspection.${responseName(field)}`;
}

/** The shape of what some selections ask of a composite type. It is worked out for a type when such an object comes. */
export function shapeOf(type: GraphQLNamedType, set: SelectionSetNode, context: ShapeContext): ObjectShape {
  return shapeOfAll(type, [{ set, isRemoved: false }], context);
}

function shapeOfAll(type: GraphQLNamedType, selections: readonly Selections[], context: ShapeContext): ObjectShape {
  const known = new Map<unknown, readonly FieldShape[] | undefined>();
  const fieldsFor = (name: unknown): readonly FieldShape[] | undefined => {
    const actual = typeof name === 'string' ? context.schema.getType(name) : undefined;
    if (!actual || !couldBe(actual, type, context.schema)) return undefined;
    return [...collected(actual, selections, context)].flatMap(([, fields]) => fieldShape(actual, fields, context));
  };
  /** Those of an object that nobody told the type of: known where its type does not matter. */
  const fieldsOfAny = (): readonly FieldShape[] | undefined => {
    if (!isInterfaceType(type)) return undefined;
    const fields = fieldsFor(type.name);
    const possible = context.schema.getPossibleTypes(type);
    return possible.every(({ name }) => fieldsOf(name)?.length === fields?.length) ? fields : undefined;
  };
  const fieldsOf = (typename: unknown): readonly FieldShape[] | undefined => {
    const name = isObjectType(type) ? type.name : typename;
    if (known.has(name)) return known.get(name);
    const fields = name === undefined ? fieldsOfAny() : fieldsFor(name);
    known.set(name, fields);
    return fields;
  };
  const anyFields = (): readonly FieldShape[] => {
    const names = isAbstractType(type) ? context.schema.getPossibleTypes(type).map(({ name }) => name) : [type.name];
    return names.flatMap((name) => fieldsOf(name) ?? []);
  };
  const shape = { fieldsOf, anyFields };
  return { ...shape, write: objectWriter(shape, isObjectType(type)) };
}

/** A subgraph that knows an interface as an object answers with the interface's name: good for what all of them have. */
function couldBe(actual: GraphQLNamedType, declared: GraphQLNamedType, schema: GraphQLSchema): boolean {
  if (actual === declared) return isObjectType(actual) || isInterfaceType(actual);
  return (
    isAbstractType(declared) && (isObjectType(actual) || isInterfaceType(actual)) && schema.isSubType(declared, actual)
  );
}

function objectWriter({ fieldsOf }: Pick<ObjectShape, 'fieldsOf'>, isConcrete: boolean): Writer {
  let own: readonly FieldShape[] | undefined;
  const ofOneType = (): readonly FieldShape[] | undefined => {
    own ??= fieldsOf(undefined);
    return own;
  };
  return (value, shaping) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return shaping.invalid('an object');
    const object = value as Data;
    if (shaping.isMissing(object)) return undefined;
    const fields = isConcrete ? ofOneType() : fieldsOf(object.__typename);
    if (!fields) return shaping.invalid('an object of a known type');
    return writeFields(fields, object, shaping);
  };
}

export function writeFields(fields: readonly FieldShape[], object: Data, shaping: Shaping): string | undefined {
  let text = '{';
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] as FieldShape;
    let value = object[field.key];
    if (value === undefined) value = shaping.absent(object, field);
    shaping.enter(field.name);
    const written = field.write(value, shaping);
    shaping.leave();
    if (written === undefined) return undefined;
    text += index === 0 ? field.lead + written : `,${field.lead}${written}`;
  }
  return `${text}}`;
}

function fieldShape(parent: GraphQLNamedType, selected: readonly Selected[], context: ShapeContext): FieldShape[] {
  const { node } = selected.find((each) => !each.isRemoved) ?? (selected[0] as Selected);
  const name = responseName(node);
  const lead = `${quote(name)}:`;
  if (selected.every((each) => each.isRemoved))
    return [{ name, key: REMOVED, lead, write: removedWriter(parent, node), child: undefined }];
  if (isIntrospection(node))
    return [{ name, key: introspectionKey(node), lead, write: (value) => JSON.stringify(value), child: undefined }];
  const key = context.keyOf(node, parent === context.schema.getMutationType());
  if (key === '__typename') return [{ name, key, lead, write: typenameWriter(parent), child: undefined }];
  const definition = fieldOf(parent, node.name.value);
  if (!definition) return [];
  const { write, child } = completed(definition.type, selected, context);
  return [{ name, key, lead, write, child }];
}

/** No data stand under it, though the plan may have fetched the field for a purpose of its own. */
const REMOVED = '(removed)';

/** Null, and where the schema does not allow that, null for what holds it. */
function removedWriter(parent: GraphQLNamedType, { name }: FieldNode): Writer {
  const isRequired = name.value === '__typename' || isNonNullType(fieldOf(parent, name.value)?.type);
  return isRequired ? (_value, shaping) => shaping.refused() : () => 'null';
}

function fieldOf(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

/** What a subgraph calls a type does not matter where only one is possible; the name of an interface is no answer. */
function typenameWriter(parent: GraphQLNamedType): Writer {
  const text = quote(parent.name);
  return isObjectType(parent) ? () => text : (_value, shaping) => shaping.invalid('the name of an object type');
}

function completed(
  type: GraphQLOutputType,
  selected: readonly Selected[],
  context: ShapeContext,
): { readonly write: Writer; readonly child: ObjectShape | undefined } {
  if (isNonNullType(type)) {
    const { write, child } = bare(type.ofType, selected, context);
    return { write: required(write), child };
  }
  const { write, child } = bare(type, selected, context);
  return { write: nullable(write), child };
}

function bare(type: GraphQLOutputType, selected: readonly Selected[], context: ShapeContext) {
  if (isListType(type)) {
    const { write, child } = completed(type.ofType, selected, context);
    return { write: listOf(write), child };
  }
  if (isNonNullType(type)) throw new Error('Twice non-null');
  if (isLeafType(type)) return { write: leafWriter(type), child: undefined };
  const selections = selected.flatMap(({ node, isRemoved }) =>
    node.selectionSet ? { set: node.selectionSet, isRemoved } : [],
  );
  const child = shapeOfAll(type, selections, context);
  return { write: child.write, child };
}

/** CollectFields of the specification, for a type: by the client's name, in the order of the document. */
function collected(
  type: GraphQLNamedType,
  selections: readonly Selections[],
  { schema, fragments, isDeferred }: ShapeContext,
): Map<string, Selected[]> {
  const fields = new Map<string, Selected[]>();
  const visited = { live: new Set<FragmentDefinitionNode>(), removed: new Set<FragmentDefinitionNode>() };
  const applies = (condition: FragmentDefinitionNode['typeCondition'] | undefined): boolean => {
    const wanted = condition && typeFromAST(schema, condition);
    if (!wanted || wanted === type) return true;
    return isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
  };
  const visit = (set: SelectionSetNode, isBelowRemoved: boolean): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = responseName(selection);
        const isGone = isBelowRemoved || isRemoved(selection);
        fields.set(name, [...(fields.get(name) ?? []), { node: selection, isRemoved: isGone }]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const label = deferLabel(selection);
        if (!(label !== undefined && isDeferred(label)) && applies(selection.typeCondition))
          visit(selection.selectionSet, isBelowRemoved);
      } else {
        const fragment = fragments.get(selection.name.value);
        const seen = isBelowRemoved ? visited.removed : visited.live;
        if (!fragment || seen.has(fragment) || !applies(fragment.typeCondition)) continue;
        seen.add(fragment);
        visit(fragment.selectionSet, isBelowRemoved);
      }
    }
  };
  for (const { set, isRemoved: isBelowRemoved } of selections) visit(set, isBelowRemoved);
  return fields;
}

/** The label that a deferred fragment has been given, so that each has one of its own. */
export function deferLabel({ directives = [] }: Pick<FieldNode, 'directives'>): string | undefined {
  const defer = directives.find(({ name }) => name.value === 'defer');
  const label = defer?.arguments?.find(({ name }) => name.value === 'label')?.value;
  return label?.kind === Kind.STRING ? label.value : undefined;
}

/** The root type's shape of an operation. */
export function rootShape(type: GraphQLObjectType, selection: SelectionSetNode, context: ShapeContext): ObjectShape {
  return shapeOf(type, selection, context);
}

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { isRemoved } from '../authorization/removed.ts';
import { responseName } from '../execution/keys.ts';

/** On top of what a mutation's fields cost. */
const MUTATION = 10;
/** Of asking about the schema: it is answered from memory, but not for nothing. */
export const ABOUT_SCHEMA = 100;

/** What is selected under one response name of objects of one type. Valid fields of that kind are the same field. */
export interface Asked {
  readonly parent: GraphQLCompositeType;
  readonly nodes: FieldNode[];
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** What some selections together select of objects of a type, fragments resolved, without what the caller may not see. */
export function askedBy(
  schema: GraphQLSchema,
  fragments: Fragments,
  parent: GraphQLCompositeType,
  sets: readonly SelectionSetNode[],
): Asked[] {
  const asked = new Map<string, Asked>();
  const collect = (type: GraphQLCompositeType, { selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        if (isRemoved(selection)) continue;
        const key = `${type.name}.${responseName(selection)}`;
        const known = asked.get(key);
        if (known) known.nodes.push(selection);
        else asked.set(key, { parent: type, nodes: [selection] });
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) continue;
      const condition = fragment.typeCondition && typeFromAST(schema, fragment.typeCondition);
      collect(isCompositeType(condition) ? condition : type, fragment.selectionSet);
    }
  };
  for (const set of sets) collect(parent, set);
  return [...asked.values()];
}

export function fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/** What an operation costs before anything is selected. */
export function baseOf({ operation }: OperationDefinitionNode): number {
  return operation === 'mutation' ? MUTATION : 0;
}

export function rootOf(schema: GraphQLSchema, { operation }: OperationDefinitionNode): GraphQLObjectType {
  const root = schema.getRootType(operation);
  if (!root) throw new Error(`There is no type of a ${operation}`);
  return root;
}

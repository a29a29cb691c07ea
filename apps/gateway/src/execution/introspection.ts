import { type DocumentNode, executeSync, type FieldNode, type GraphQLSchema, Kind, type SelectionNode } from 'graphql';
import type { Variables } from '../graph/graph.ts';
import { operationIn } from './conditions.ts';
import { fragmentsIn, isIntrospection, responseName } from './keys.ts';
import type { Data } from './merge.ts';
import { introspectionKey } from './shape.ts';

/** What an operation asks about the schema, by the keys of its data; undefined when it asks nothing about it. */
export function compileIntrospection(
  document: DocumentNode,
  schema: GraphQLSchema,
): ((variables: Variables) => Data) | undefined {
  const operation = operationIn(document);
  if (operation.operation !== 'query') return undefined;
  const fragments = fragmentsIn(document);
  const asked = new Map<string, FieldNode[]>();
  const visit = (selection: SelectionNode): void => {
    if (selection.kind === Kind.INLINE_FRAGMENT) selection.selectionSet.selections.forEach(visit);
    else if (selection.kind === Kind.FRAGMENT_SPREAD)
      fragments.get(selection.name.value)?.selectionSet.selections.forEach(visit);
    else if (isIntrospection(selection))
      asked.set(responseName(selection), [...(asked.get(responseName(selection)) ?? []), selection]);
  };
  operation.selectionSet.selections.forEach(visit);
  if (asked.size === 0) return undefined;

  const selections = [...asked.values()].flat();
  const alone = { ...operation, selectionSet: { ...operation.selectionSet, selections } };
  const definitions = document.definitions.map((each) => (each === operation ? alone : each));
  return (variables) => {
    const result = executeSync({ schema, document: { ...document, definitions }, variableValues: variables });
    if (!result.data) throw new Error('Introspection failed', { cause: result.errors });
    const { data } = result;
    return Object.fromEntries([...asked].map(([name, [node]]) => [introspectionKey(node as FieldNode), data[name]]));
  };
}

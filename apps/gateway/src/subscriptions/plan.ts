import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  Kind,
  type OperationDefinitionNode,
  parseType,
  print,
  type SelectionNode,
  valueFromAST,
  visit,
} from 'graphql';
import { codedError, Rejection } from '../errors.ts';
import { operationIn } from '../execution/conditions.ts';
import { fragmentsIn, responseName } from '../execution/keys.ts';
import type { Compiler, ExecutableSubscription, Refusals } from '../execution/operation.ts';
import type { Graph, Variables } from '../graph/graph.ts';
import type { Resumable } from '../graph/resumable.ts';
import { isRecord } from '../subgraphs/exchange.ts';

/** Where a resumable subscription is taken up again: its `argument` is given the cursor of the last event. */
export interface Cursor {
  readonly argument: string;
  /** The variable that carries the cursor to the subgraph, whatever the client wrote in its place. */
  readonly variable: string;
  /** Where the client wants to begin; undefined when it did not say and the field has no default: live only. */
  initial(variables: Variables): unknown;
  /** Reads the cursor from the data of an event as the subgraph sent it; undefined when it has none. */
  read(data: Readonly<Record<string, unknown>>): unknown;
}

/** What is opened at the subgraph that owns the root field. */
export interface SubscriptionSource {
  readonly subgraph: string;
  readonly query: string;
  readonly operationName: string | undefined;
  /** The variables that it uses: the client's, and the cursor's. */
  readonly variables: readonly string[];
}

/** A subscription taken apart: what is opened at one subgraph, and what is run for each of its events. */
export interface SubscriptionPlan {
  /** The subscription that is opened: one object for all who ask it. */
  readonly source: SubscriptionSource;
  /** What each event goes through. */
  readonly executable: ExecutableSubscription;
  readonly cursor: Cursor | undefined;
  /** The client's variables that its events depend on: all that it uses, but for where to begin. */
  readonly sharedVariables: readonly string[];
}

/**
 * Plans a subscription: a valid document with one operation, its fragments, and no conditions. It is done once for an
 * operation and what its conditions leave of it, so that the result is the same object for all who ask it.
 *
 * @throws Rejection unless the operation has exactly one root field
 */
export function planSubscription(
  graph: Graph,
  compiler: Compiler,
  document: DocumentNode,
  refusals: Refusals = [],
): SubscriptionPlan {
  const fields = rootFields(document);
  const root = singleRootField(fields);
  const resumable = graph.resumable.get(root.name.value);
  const name = freeName(document);
  const { asked, planned } = resumable
    ? resumableDocuments(graph, document, { root, fields, resumable, name })
    : { asked: document, planned: document };

  const executable = compiler.compileSubscription(asked, planned, refusals);
  const { primary } = executable;
  return {
    source: {
      subgraph: primary.serviceName,
      query: primary.operation,
      operationName: primary.operationName,
      variables: primary.variableUsages ?? [],
    },
    executable,
    cursor: resumable && cursorOf(graph, root, resumable, { name, executable }),
    sharedVariables: variablesIn(planned).filter((used) => used !== name),
  };
}

interface ResumableRoot {
  readonly root: FieldNode;
  readonly fields: readonly FieldNode[];
  readonly resumable: Resumable;
  readonly name: string;
}

/** The document with a variable of ours for where to begin, and that with the cursor asked for as well. */
function resumableDocuments(
  graph: Graph,
  document: DocumentNode,
  { root, fields, resumable, name }: ResumableRoot,
): { readonly asked: DocumentNode; readonly planned: DocumentNode } {
  const operation = operationIn(document);
  const begun = fields.map((field) => withArgument(field, resumable.argument, name));
  const asking: FieldNode = {
    ...withArgument(root, resumable.argument, name),
    directives: [],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [fieldNamed(resumable.field)] },
  };
  const type = parseType(String(argumentOf(graph, root, resumable.argument).type));
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } as const;
  const declared: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), { kind: Kind.VARIABLE_DEFINITION, variable, type }],
  };
  return {
    asked: withRoot(document, declared, begun),
    planned: withRoot(document, declared, [asking, ...begun]),
  };
}

function fieldNamed(name: string): FieldNode {
  return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } };
}

function withArgument(field: FieldNode, argument: string, variable: string): FieldNode {
  const others = field.arguments?.filter(({ name }) => name.value !== argument) ?? [];
  const ours: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: argument },
    value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
  };
  return { ...field, arguments: [...others, ours] };
}

function argumentOf(graph: Graph, root: FieldNode, argument: string): GraphQLArgument {
  const field = graph.schema.getSubscriptionType()?.getFields()[root.name.value];
  const found = field?.args.find(({ name }) => name === argument);
  if (!found) throw new Error(`${root.name.value} is @resumable by an argument that it does not have: ${argument}`);
  return found;
}

function cursorOf(
  graph: Graph,
  root: FieldNode,
  { argument, field }: Resumable,
  { name, executable }: { readonly name: string; readonly executable: ExecutableSubscription },
): Cursor {
  const definition = argumentOf(graph, root, argument);
  const given = root.arguments?.find(({ name }) => name.value === argument)?.value;
  const { rootKey, keyOf } = executable;
  const cursorKey = keyOf(fieldNamed(field), false);
  return {
    argument,
    variable: name,
    initial(variables) {
      const isLeftOut = !given || (given.kind === Kind.VARIABLE && !Object.hasOwn(variables, given.name.value));
      return isLeftOut ? definition.defaultValue : valueFromAST(given, definition.type, variables);
    },
    read(data) {
      const event = data[rootKey];
      return isRecord(event) ? event[cursorKey] : undefined;
    },
  };
}

/** The variables that a document uses; it may declare more. */
function variablesIn(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      names.add(name.value);
    },
  });
  return [...names].sort();
}

/** The fields at the root, out of their fragments. A valid fragment there applies: no other object type can be there. */
function rootFields(document: DocumentNode): FieldNode[] {
  const fragments = fragmentsIn(document);
  const fieldsOf = (selection: SelectionNode): readonly FieldNode[] => {
    switch (selection.kind) {
      case Kind.FIELD:
        return [selection];
      case Kind.INLINE_FRAGMENT:
        return selection.selectionSet.selections.flatMap(fieldsOf);
      case Kind.FRAGMENT_SPREAD:
        return fragments.get(selection.name.value)?.selectionSet.selections.flatMap(fieldsOf) ?? [];
    }
  };
  return operationIn(document).selectionSet.selections.flatMap(fieldsOf);
}

/** The specification: a subscription has exactly one root field, and that is not about the schema. */
function singleRootField(fields: readonly FieldNode[]): FieldNode {
  const names = new Set(fields.map(responseName));
  const [field] = fields;
  if (field && names.size === 1 && !field.name.value.startsWith('__')) return field;
  const found = field ? [...names].join(', ') : 'none after @skip and @include';
  throw new Rejection([
    codedError(
      'GRAPHQL_VALIDATION_FAILED',
      `A subscription must select exactly one field of its root; found: ${found}.`,
    ),
  ]);
}

function withRoot(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  fields: readonly FieldNode[],
): DocumentNode {
  const changed = { ...operation, selectionSet: { ...operation.selectionSet, selections: fields } };
  const definitions = document.definitions.map((each) => (each.kind === Kind.OPERATION_DEFINITION ? changed : each));
  return { ...document, definitions };
}

/** A name that nothing in the document has, so that it cannot clash with what the client asks. */
function freeName(document: DocumentNode): string {
  const text = print(document);
  let name = 'resumeCursor';
  while (text.includes(name)) name += '_';
  return name;
}

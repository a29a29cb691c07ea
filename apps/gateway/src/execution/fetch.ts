import type { FetchDataRewrite, FetchNode } from '@apollo/query-planner';
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import { operationIn } from './conditions.ts';
import type { Selected } from './faults.ts';
import { responseName } from './keys.ts';
import { compileRepresentation, type Represent, type Satisfies } from './representation.ts';

interface Fetch {
  readonly subgraph: Subgraph;
  /** What is there once it has been answered. */
  readonly selected: Selected;
  readonly rewrites: readonly FetchDataRewrite[];
  /** Names of the variables it uses. */
  readonly variables: readonly string[];
}

/** Fields of a root type. */
export interface RootFetch extends Fetch {
  readonly kind: 'query' | 'mutation';
  /** Of the body of the request, all before the values of the variables. */
  readonly head: string;
}

/** Fields of entities. */
export interface EntityFetch extends Fetch {
  /** Fetches of an operation with the same number ask one subgraph the same of entities. */
  readonly number: number;
  /** Keys on the way to the entities. */
  readonly path: readonly string[];
  readonly represent: Represent;
  readonly operationName: string | undefined;
  /** `$name: Type` of each of its variables. */
  readonly definitions: readonly string[];
  /** What it selects of the entities, with its braces. */
  readonly selection: string;
  /** The body of a request for these entities alone, up to the values of its variables. */
  readonly head: string;
}

export interface FetchContext {
  /** The same number for the same text. */
  readonly numberOf: (text: string) => number;
  readonly subgraphOf: (name: string) => Subgraph;
  readonly satisfies: Satisfies;
}

const REPRESENTATIONS = 'representations';

export function compileRootFetch(node: FetchNode, { subgraphOf }: FetchContext): RootFetch {
  const { selectionSet } = operationIn(parse(node.operation, { noLocation: true }));
  const { operation: query, operationName } = node;
  return {
    kind: node.operationKind === 'mutation' ? 'mutation' : 'query',
    subgraph: subgraphOf(node.serviceName),
    selected: selectedBy(selectionSet, node.outputRewrites ?? []),
    rewrites: node.outputRewrites ?? [],
    variables: node.variableUsages ?? [],
    head: headOf(query, operationName),
  };
}

export function compileEntityFetch(node: FetchNode, path: readonly string[], context: FetchContext): EntityFetch {
  const operation = operationIn(parse(node.operation, { noLocation: true }));
  const selectionSet = entitySelection(operation);
  const definitions = (operation.variableDefinitions ?? [])
    .filter(({ variable }) => variable.name.value !== REPRESENTATIONS)
    .map((definition) => stripIgnoredCharacters(print(definition)));
  const selection = stripIgnoredCharacters(print(selectionSet));
  const rewrites = node.outputRewrites ?? [];
  const { serviceName, operationName } = node;
  const fetch = { operationName, definitions, selection };
  return {
    ...fetch,
    head: entitiesHead([fetch]),
    number: context.numberOf(JSON.stringify([serviceName, selection, definitions, rewrites])),
    subgraph: context.subgraphOf(serviceName),
    selected: selectedBy(selectionSet, rewrites),
    rewrites,
    variables: (node.variableUsages ?? []).filter((name) => name !== REPRESENTATIONS),
    path: path.filter((step) => step !== '@'),
    represent: compileRepresentation(node.requires ?? [], node.inputRewrites ?? [], context.satisfies),
  };
}

/** The body of a request for the entities of one or several fetches, up to the values of its variables. */
export function entitiesHead(
  fetches: readonly Pick<EntityFetch, 'operationName' | 'definitions' | 'selection'>[],
): string {
  const lists = fetches.map((_, index) => `$${listName(index, fetches.length)}:[_Any!]!`);
  const definitions = [...new Set([...lists, ...fetches.flatMap((fetch) => fetch.definitions)])];
  const fields = fetches.map(({ selection }, index) => {
    const alias = fetches.length > 1 ? `${entitiesKey(index, fetches.length)}:` : '';
    return `${alias}_entities(${REPRESENTATIONS}:$${listName(index, fetches.length)})${selection}`;
  });
  const name = fetches[0]?.operationName;
  return headOf(`query${name === undefined ? '' : ` ${name}`}(${definitions.join()}){${fields.join(' ')}}`, name);
}

/** The variable that holds the representations of one of several fetches. */
export function listName(index: number, count: number): string {
  return count > 1 ? `${REPRESENTATIONS}_${index}` : REPRESENTATIONS;
}

/** The key of the entities of one of several fetches. */
export function entitiesKey(index: number, count: number): string {
  return count > 1 ? `_${index}` : '_entities';
}

function headOf(query: string, operationName: string | undefined): string {
  const name = operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`;
  return `{"query":${JSON.stringify(query)}${name}`;
}

function entitySelection({ selectionSet }: OperationDefinitionNode): SelectionSetNode {
  const [field] = selectionSet.selections;
  if (field?.kind !== Kind.FIELD || field.name.value !== '_entities' || !field.selectionSet)
    throw new Error('An entity fetch asks for entities');
  return field.selectionSet;
}

/** The keys of a selection as they will stand among the data, after the rewrites. */
function selectedBy(set: SelectionSetNode, rewrites: readonly FetchDataRewrite[]): Selected {
  const renamed = new Map(
    rewrites.flatMap((each) => (each.kind === 'KeyRenamer' ? [[each.path.at(-1), each.renameKeyTo]] : [])),
  );
  const collect = (from: SelectionSetNode, into: Map<string, Selected | undefined>): Selected => {
    for (const selection of from.selections) {
      if (selection.kind === Kind.FIELD) addField(selection, into);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, into);
      else throw new Error('A fetch has no named fragments');
    }
    return into;
  };
  const addField = (field: FieldNode, into: Map<string, Selected | undefined>): void => {
    const key = renamed.get(responseName(field)) ?? responseName(field);
    if (key === '__typename') return;
    const nested = new Map(into.get(key));
    into.set(key, field.selectionSet && collect(field.selectionSet, nested));
  };
  return collect(set, new Map());
}

import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner';
import { type DocumentNode, type GraphQLFormattedError, isObjectType } from 'graphql';
import { brokenPromise } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { Unplannable } from '../graph/plan.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import { operationIn } from './conditions.ts';
import { withLabels } from './defer.ts';
import { type CompileContext, compileStep, type Executable } from './executable.ts';
import { compileRootFetch, type RootFetch } from './fetch.ts';
import { compileIntrospection } from './introspection.ts';
import { createKeys, fragmentsIn, type KeyOf, plannable } from './keys.ts';
import { type ObjectShape, shapeOf as partShape, rootShape, type ShapeContext } from './shape.ts';

/** A subscription: what is opened, and what follows each event. */
export interface ExecutableSubscription {
  readonly primary: FetchNode;
  /** What the event itself answers. */
  readonly event: Pick<RootFetch, 'rewrites' | 'selected'>;
  readonly rest: Executable;
  /** The key of the data of the root field. */
  readonly rootKey: string;
  readonly keyOf: KeyOf;
}

export interface Compiler {
  /** @throws Rejection when the operation is too complex or cannot be planned */
  compile(document: DocumentNode, refusals?: Refusals): Executable;
  /** As `compile`, for who takes an answer in parts; undefined when not all of the operation that is deferred can be. */
  compileDeferring(document: DocumentNode, refusals?: Refusals): Executable | undefined;
  /** For a document whose operation is a subscription with one root field. `planned` may ask for more than `document`. */
  compileSubscription(document: DocumentNode, planned?: DocumentNode, refusals?: Refusals): ExecutableSubscription;
}

/** What the caller may not see of an operation; the fields are marked as removed in its document. */
export type Refusals = readonly GraphQLFormattedError[];

/** Compiles documents that are valid, with one operation, and whose conditions have been decided. */
export function createCompiler(graph: Graph, subgraphs: ReadonlyMap<string, Subgraph>): Compiler {
  const { schema, supergraphSchema } = graph;
  const isObject = new Map<unknown, boolean>();
  const contextFor = (): CompileContext => {
    const numbers = new Map<string, number>();
    return {
      subgraphOf(name) {
        const subgraph = subgraphs.get(name);
        if (!subgraph) throw new Error(`No subgraph is called ${name}`);
        return subgraph;
      },
      numberOf(text) {
        const number = numbers.get(text) ?? numbers.size;
        numbers.set(text, number);
        return number;
      },
      satisfies: graph.satisfies,
      nodeTypes: graph.nodeTypes,
      isObjectType(name) {
        const known = isObject.get(name);
        if (known !== undefined) return known;
        const found = typeof name === 'string' && isObjectType(supergraphSchema.getType(name));
        if (found) isObject.set(name, found);
        return found;
      },
      broken: brokenPromise,
    };
  };
  const shapeContext = (document: DocumentNode, keyOf: KeyOf): ShapeContext => ({
    ...{ schema, fragments: fragmentsIn(document), keyOf },
    isDeferred: () => false,
  });
  const shapeOf = (document: DocumentNode, context: ShapeContext): ObjectShape => {
    const operation = operationIn(document);
    const type = schema.getRootType(operation.operation);
    if (!type) throw new Error(`The graph has no ${operation.operation}`);
    return rootShape(type, operation.selectionSet, context);
  };
  return {
    compile(document, refusals = []) {
      const keyOf = createKeys(graph.names);
      const { node } = graph.plan(plannable(document, keyOf));
      if (node?.kind === 'Subscription') throw new Error('A subscription was planned');
      const context = contextFor();
      const shape = shapeOf(document, shapeContext(document, keyOf));
      return {
        ...{ shape, initial: shape, deferred: [], refusals },
        step: node && compileStep(node, context),
        introspect: compileIntrospection(document, schema),
        ...{ context, heads: new Map() },
      };
    },
    compileDeferring(original, refusals = []) {
      const { document, deferred } = withLabels(original, schema);
      const keyOf = createKeys(graph.names);
      const node = plannedIfAtAll(() => graph.plan(plannable(document, keyOf)).node);
      const planned = labelsIn(node);
      if (node?.kind !== 'Defer' || !deferred.every(({ label }) => planned.has(label))) return undefined;
      const all = shapeContext(document, keyOf);
      const some: ShapeContext = { ...all, isDeferred: (label) => planned.has(label) };
      const context = contextFor();
      return {
        shape: shapeOf(document, all),
        ...{ initial: shapeOf(document, some), refusals },
        deferred: deferred.map((each) => ({ ...each, shape: partShape(each.type, each.selectionSet, some) })),
        step: compileStep(node, context),
        introspect: compileIntrospection(document, schema),
        ...{ context, heads: new Map() },
      };
    },
    compileSubscription(document, planned = document, refusals = []) {
      const keyOf = createKeys(graph.names);
      const { node } = graph.plan(plannable(planned, keyOf));
      if (node?.kind !== 'Subscription') throw new Error(`A subscription was planned as ${node?.kind}`);
      const { primary, rest } = node;
      const context = contextFor();
      const shape = shapeOf(document, shapeContext(document, keyOf));
      const event = compileRootFetch(primary, context);
      const step = rest && compileStep(rest, context);
      const [rootKey = ''] = event.selected.keys();
      return {
        primary,
        event,
        rootKey,
        keyOf,
        rest: { shape, initial: shape, deferred: [], step, introspect: undefined, refusals, context, heads: new Map() },
      };
    },
  };
}

/** A server may answer at once what a client would take in parts. */
function plannedIfAtAll<Node>(plan: () => Node): Node | undefined {
  try {
    return plan();
  } catch (error) {
    if (error instanceof Unplannable) return undefined;
    throw error;
  }
}

/** The labels of what a plan defers, also inside of what it defers. */
function labelsIn(node: PlanNode | SubscriptionNode | undefined): ReadonlySet<string> {
  const labels = new Set<string>();
  const visit = (each: PlanNode | SubscriptionNode | undefined): void => {
    if (each?.kind !== 'Defer') return;
    visit(each.primary.node);
    for (const { label, node: below } of each.deferred) {
      if (label !== undefined) labels.add(label);
      visit(below);
    }
  };
  visit(node);
  return labels;
}

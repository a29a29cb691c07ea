import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { checkScalarsOfClients } from '@paygraph/scalars';
import { loadableSupergraph, NODES, rulesFrom } from '@paygraph/supergraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { type Authorization, createAuthorization } from '../authorization/authorize.ts';
import { type CacheHints, cacheHintsOf } from '../caching/hints.ts';
import type { Names } from '../execution/keys.ts';
import type { Satisfies } from '../execution/representation.ts';
import { type Weights, weightsOf } from '../protection/weights.ts';
import { refuseLabels } from './labels.ts';
import { createSatisfies, namesOf } from './names.ts';
import { type NodeType, nodeTypesOf } from './nodes.ts';
import { createPlan } from './plan.ts';
import { type Resumable, resumableSubscriptions } from './resumable.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** The composed graph: what clients see of it, how to plan an operation on it and how to carry a plan out. */
export interface Graph {
  /** The API schema: without anything `@inaccessible`. It takes of custom scalars what subgraphs take. */
  readonly schema: GraphQLSchema;
  /** Those that are called. */
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[];
  /** Subscription fields that carry `@resumable`, by name. */
  readonly resumable: ReadonlyMap<string, Resumable>;
  /** All of the graph, with what clients do not see. */
  readonly supergraphSchema: GraphQLSchema;
  /** Whether objects of the named type satisfy a type condition. */
  readonly satisfies: Satisfies;
  readonly names: Names;
  /** What the security directives ask of callers. */
  readonly authorization: Authorization;
  /** What `node(id:)` finds; nothing when the supergraph has no such field. */
  readonly nodeTypes: readonly NodeType[];
  /** What its parts cost. */
  readonly weights: Weights;
  /** How long answers about its parts may be kept. */
  readonly cacheHints: CacheHints;
  /** Plans a valid document with one operation. @throws Rejection when it is too complex or cannot be planned. */
  plan(document: DocumentNode): QueryPlan;
}

/**
 * Loads a supergraph for good. The query planner is Apollo's own, without the class `ApolloGateway`: that refuses
 * subscriptions and keeps its planner to itself.
 *
 * @throws Error naming what is wrong with it or not supported
 */
export function loadGraph(supergraphSdl: string): Graph {
  refuseLabels(supergraphSdl);
  const supergraph = Supergraph.build(loadableSupergraph(supergraphSdl), { validateSupergraph: true });
  const supergraphSchema = supergraph.schema.toGraphQLJSSchema();
  const apiSchema = supergraph.apiSchema();
  const schema = apiSchema.toGraphQLJSSchema({ includeDefer: true });
  checkScalarsOfClients(schema);
  // Without fragments in its fetches, those of several paths can be put into one request.
  const planner = new QueryPlanner(supergraph, {
    reuseQueryFragments: false,
    incrementalDelivery: { enableDefer: true },
  });
  return {
    schema,
    supergraphSchema,
    subgraphs: supergraph
      .subgraphsMetadata()
      .filter(({ name }) => name !== NODES)
      .map(({ name, url }) => ({ name, url })),
    resumable: resumableSubscriptions(supergraph.schema),
    satisfies: createSatisfies(supergraphSchema),
    nodeTypes: nodeTypesOf(supergraph.schema, NODES),
    authorization: createAuthorization(schema, rulesFrom(supergraph.schema, schema)),
    weights: weightsOf(supergraph.schema),
    cacheHints: cacheHintsOf(supergraph.schema),
    names: namesOf(supergraph.schema, supergraphSchema),
    plan: createPlan(schema, (document) => planner.buildQueryPlan(operationFromDocument(apiSchema, document))),
  };
}

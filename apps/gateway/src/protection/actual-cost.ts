import type { Principal } from '@paygraph/auth';
import {
  type DocumentNode,
  type GraphQLCompositeType,
  getNamedType,
  isCompositeType,
  type SelectionSetNode,
} from 'graphql';
import type { Answer } from '../execution/answer.ts';
import { operationIn } from '../execution/conditions.ts';
import { fragmentsIn, isIntrospection, responseName } from '../execution/keys.ts';
import type { PreparedOperation } from '../pipeline/prepare.ts';
import { ABOUT_SCHEMA, askedBy, baseOf, fieldOf, rootOf } from './asked.ts';
import type { EstimatorOptions } from './cost.ts';

/** What an answer has cost: the weight of everything that is in it, where an estimate has the lengths that lists may have. */
export type Measure = (document: DocumentNode, data: unknown) => number;

export function createMeasure({ schema, weights }: Pick<EstimatorOptions, 'schema' | 'weights'>): Measure {
  return (document, data) => {
    const operation = operationIn(document);
    const fragments = fragmentsIn(document);
    const ofObject = (value: object, type: GraphQLCompositeType, sets: readonly SelectionSetNode[]): number => {
      const counted = new Set<string>();
      let cost = 0;
      for (const { parent, nodes } of askedBy(schema, fragments, type, sets)) {
        const [node] = nodes;
        const key = node && responseName(node);
        // Fields of types that it is not of are absent; those of an interface and of its own type are the same.
        if (!node || key === undefined || counted.has(key) || !(key in value)) continue;
        counted.add(key);
        if (isIntrospection(node)) cost += ABOUT_SCHEMA;
        const field = fieldOf(parent, node.name.value);
        if (!field) continue;
        const named = getNamedType(field.type);
        const weight = weights.field(`${parent.name}.${field.name}`, named);
        const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
        for (const item of [(value as Readonly<Record<string, unknown>>)[key]].flat(Number.POSITIVE_INFINITY)) {
          if (item === null || item === undefined) continue;
          cost += weight;
          if (isCompositeType(named) && typeof item === 'object') cost += ofObject(item, named, inner);
        }
      }
      return cost;
    };
    const root = rootOf(schema, operation);
    const selected = typeof data === 'object' && data !== null ? ofObject(data, root, [operation.selectionSet]) : 0;
    return baseOf(operation) + selected;
  };
}

/** Operators see what operations cost. */
export function isOperator(principal: Principal): boolean {
  return principal.kind === 'customer' && principal.roles.includes('OPERATOR');
}

/** The same answer, with the cost of the operation, estimated and actual, in its extensions. It is for operators alone. */
export function withCost(
  { json, maxAge: _forAll, ...answer }: Answer,
  { document, cost: estimated }: Pick<PreparedOperation, 'document' | 'cost'>,
  measure: Measure,
): Answer {
  const actual = measure(document, JSON.parse(json).data);
  return { ...answer, json: `${json.slice(0, -1)},"extensions":${JSON.stringify({ cost: { estimated, actual } })}}` };
}

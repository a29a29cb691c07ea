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
  const known = new WeakMap<DocumentNode, readonly Weighed[]>();
  const weighedIn = (document: DocumentNode): readonly Weighed[] => {
    const fragments = fragmentsIn(document);
    const ofSets = (type: GraphQLCompositeType, sets: readonly SelectionSetNode[]): Weighed[] => {
      const fields = new Map<string, Weighed>();
      for (const { parent, nodes } of askedBy(schema, fragments, type, sets)) {
        const [node] = nodes;
        const key = node && responseName(node);
        // Fields of types that an object is not of are absent; those of an interface and of its own type are the same.
        if (!node || key === undefined || fields.has(key)) continue;
        const once = isIntrospection(node) ? ABOUT_SCHEMA : 0;
        const field = fieldOf(parent, node.name.value);
        const named = field && getNamedType(field.type);
        const each = named ? weights.field(`${parent.name}.${field.name}`, named) : 0;
        const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
        fields.set(key, { key, once, each, inner: isCompositeType(named) ? ofSets(named, inner) : [] });
      }
      return [...fields.values()];
    };
    const operation = operationIn(document);
    return ofSets(rootOf(schema, operation), [operation.selectionSet]);
  };
  return (document, data) => {
    const fields = known.get(document) ?? weighedIn(document);
    known.set(document, fields);
    return baseOf(operationIn(document)) + costOf(data, fields);
  };
}

/** A field that is selected, by its response name. */
interface Weighed {
  readonly key: string;
  /** What it weighs by itself, and what each of its values does. */
  readonly once: number;
  readonly each: number;
  readonly inner: readonly Weighed[];
}

function costOf(value: unknown, fields: readonly Weighed[]): number {
  if (typeof value !== 'object' || value === null) return 0;
  let cost = 0;
  for (const { key, once, each, inner } of fields) {
    if (!(key in value)) continue;
    cost += once;
    if (each === 0 && inner.length === 0) continue;
    for (const item of [(value as Readonly<Record<string, unknown>>)[key]].flat(Number.POSITIVE_INFINITY))
      if (item !== null && item !== undefined) cost += each + costOf(item, inner);
  }
  return cost;
}

/** Operators see what operations cost. */
export function isOperator(principal: Principal): boolean {
  return principal.kind === 'customer' && principal.roles.includes('OPERATOR');
}

type Estimated = Pick<PreparedOperation, 'document' | 'cost'>;

/** What an operation was estimated to cost and what its answer has cost, as its extensions show it. */
export function extensionsOf({ document, cost: estimated }: Estimated, data: unknown, measure: Measure) {
  return { cost: { estimated, actual: measure(document, data) } };
}

/** The same answer, with the cost of the operation, estimated and actual, in its extensions. It is for operators alone. */
export function withCost({ json, maxAge: _forAll, ...answer }: Answer, of: Estimated, measure: Measure): Answer {
  const extensions = extensionsOf(of, JSON.parse(json).data, measure);
  return { ...answer, json: `${json.slice(0, -1)},"extensions":${JSON.stringify(extensions)}}` };
}

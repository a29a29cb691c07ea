import {
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql';
import { operationIn } from '../execution/conditions.ts';
import { fragmentsIn, isIntrospection } from '../execution/keys.ts';
import type { Variables } from '../graph/graph.ts';
import { ABOUT_SCHEMA, type Asked, askedBy, baseOf, fieldOf, rootOf } from './asked.ts';
import { createInputCost } from './input-cost.ts';
import { type Limits, tooComplex } from './limits.ts';
import { constant, type Estimate, product, total } from './terms.ts';
import type { ListSize, Weights } from './weights.ts';

/** Things in a list of which nothing else is known. */
const LIST = 10;

export interface EstimatorOptions {
  readonly schema: GraphQLSchema;
  readonly weights: Weights;
  readonly limits: Limits;
}

/** The size of lists inside of a field that says so, such as `nodes` of a connection. */
interface Sized {
  readonly fields: readonly string[];
  readonly size: Estimate;
}

type Estimator = (document: DocumentNode) => Estimate;

/**
 * Prepares estimates of operations that are valid and whose conditions are decided: what an operation costs at most, given
 * its coerced variables. That is what its fields weigh, times the lengths of the lists that they are in, and what its
 * arguments weigh. What is selected several times of one object counts once, as it runs; fields on different types of an
 * abstract one are added up.
 *
 * The estimator throws a Rejection with `OPERATION_TOO_COMPLEX` for a field that is too often inside of itself.
 */
export function createEstimator({ schema, weights, limits }: EstimatorOptions): Estimator {
  const inputCost = createInputCost(weights);

  return (document) => {
    const operation = operationIn(document);
    const fragments = fragmentsIn(document);
    const open = new Map<string, number>();

    const ofSets = (parent: GraphQLCompositeType, sets: readonly SelectionSetNode[], sized?: Sized): Estimate =>
      total(askedBy(schema, fragments, parent, sets).map((each) => ofField(each, sized)));
    const within = (coordinate: string, walk: () => Estimate): Estimate => {
      const depth = (open.get(coordinate) ?? 0) + 1;
      if (depth > limits.recursion) throw tooComplex('recursion', limits);
      open.set(coordinate, depth);
      const estimate = walk();
      open.set(coordinate, depth - 1);
      return estimate;
    };
    const ofField = ({ parent, nodes }: Asked, sized: Sized | undefined): Estimate => {
      const [node] = nodes as [FieldNode];
      const name = node.name.value;
      if (isIntrospection(node)) return constant(ABOUT_SCHEMA);
      const field = fieldOf(parent, name);
      if (!field) return constant(0);
      const coordinate = `${parent.name}.${name}`;
      const type = getNamedType(field.type);
      const listSize = weights.listSize(coordinate);
      const size = listSize && sizeOf(listSize, field, node);
      const ofNodes = listSize && size && listSize.sizedFields.length > 0 && { fields: listSize.sizedFields, size };
      const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      const inner = () => (isCompositeType(type) ? ofSets(type, sets, ofNodes || undefined) : constant(0));
      const one = total([constant(weights.field(coordinate, type)), within(coordinate, inner)]);
      const given = inputCost(coordinate, field, node);
      if (!isListType(getNullableType(field.type))) return total([one, given]);
      const length = sized?.fields.includes(name) ? sized.size : ofNodes ? undefined : size;
      return total([product(length ?? constant(LIST), one), given]);
    };

    const base = constant(baseOf(operation));
    return total([base, ofSets(rootOf(schema, operation), [operation.selectionSet])]);
  };
}

/** How long a list is: the longest that a slicing argument says, or what is assumed. */
function sizeOf(
  { slicingArguments, assumedSize = LIST }: ListSize,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): Estimate {
  const slices = slicingArguments.flatMap((name) => {
    const argument = field.args.find((each) => each.name === name);
    return argument ? [givenTo(argument, node)] : [];
  });
  return {
    of(variables) {
      const sizes = slices.map((slice) => slice(variables)).filter((size) => typeof size === 'number');
      return sizes.length > 0 ? Math.max(...sizes, 0) : assumedSize;
    },
  };
}

function givenTo({ name, type, defaultValue }: GraphQLArgument, node: FieldNode): (variables: Variables) => unknown {
  const given = node.arguments?.find((each) => each.name.value === name)?.value;
  if (!given) return () => defaultValue;
  if (given.kind === Kind.VARIABLE) return (variables) => variables[given.name.value] ?? defaultValue;
  const value = valueFromAST(given, type);
  return () => value;
}

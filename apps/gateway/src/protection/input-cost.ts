import {
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  valueFromAST,
} from 'graphql';
import { constant, type Estimate, total } from './terms.ts';
import type { Weights } from './weights.ts';

/** What giving a field its arguments costs: the weights of all arguments and input fields that have a value. */
export function createInputCost(weights: Weights) {
  const weighed = new Map<string, boolean>();
  const isWeighed = (type: GraphQLInputType): boolean => {
    const { name } = getNamedType(type);
    const known = weighed.get(name) ?? [...inputsIn(type)].some((coordinate) => weights.input(coordinate) > 0);
    weighed.set(name, known);
    return known;
  };
  const ofValue = (type: GraphQLInputType, value: unknown): number => {
    if (value === null || value === undefined || !isWeighed(type)) return 0;
    const nullable = getNullableType(type);
    if (isListType(nullable))
      return [value].flat().reduce((sum: number, item) => sum + ofValue(nullable.ofType, item), 0);
    if (!isInputObjectType(nullable)) return 0;
    return Object.values(nullable.getFields()).reduce((sum, field) => {
      const given = (value as Readonly<Record<string, unknown>>)[field.name];
      if (given === undefined) return sum;
      return sum + weights.input(`${nullable.name}.${field.name}`) + ofValue(field.type, given);
    }, 0);
  };

  return (coordinate: string, field: GraphQLField<unknown, unknown>, node: FieldNode): Estimate =>
    total(
      (node.arguments ?? []).flatMap(({ name, value }) => {
        const argument = field.args.find((each) => each.name === name.value);
        if (!argument) return [];
        const own = constant(weights.input(`${coordinate}(${argument.name}:)`));
        if (!isWeighed(argument.type)) return [own];
        return [
          own,
          { of: (variables) => ofValue(argument.type, valueFromAST(value, argument.type, { ...variables })) },
        ];
      }),
    );
}

/** The coordinates of all input fields that values of a type may have, however deep. */
function inputsIn(type: GraphQLInputType, into = new Set<string>()): Set<string> {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return into;
  for (const field of Object.values(named.getFields())) {
    const coordinate = `${named.name}.${field.name}`;
    if (into.has(coordinate)) continue;
    into.add(coordinate);
    inputsIn(field.type, into);
  }
  return into;
}

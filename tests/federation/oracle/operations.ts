import type { Arbitrary } from 'fast-check';
import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
} from 'graphql';

export interface RandomOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface OperationOptions {
  readonly schema: GraphQLSchema;
  /** Fields that are left out, by name. */
  readonly without?: readonly string[];
  /** Whether fragments may be deferred. */
  readonly defers?: boolean;
}

/** Names that clients might give, those of keys, of requirements and of other fields among them. */
const aliases = ['id', 'email', 'name', 'currency', 'limit', 'amount', 'value', 'score', '__typename', 'a', 'b', '_1'];
const conditions = ['@include(if: $a)', '@skip(if: $a)', '@include(if: $b)', '@skip(if: $b)', '@skip(if: false)'];
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  id: ['"cus_1"', '"cus_3"', '"cus_9"', '$id'],
  first: ['1', '2', '$first'],
  in: ['"USD"', '"JPY"', '$text'],
  locale: ['"en"', '$text', 'null'],
  since: ['1', '$first'],
};

/** Valid queries of every kind: aliases, arguments, fragments, conditions, and the same field more than once. */
export function operations({ schema, without = [], defers = false }: OperationOptions): Arbitrary<RandomOperation> {
  return fc
    .gen()
    .map((g) => {
      const chance = (percent: number): boolean => g(fc.nat, 99) < percent;
      const oneOf = <T>(list: readonly T[]): T => list[g(fc.nat, list.length - 1)] as T;
      const condition = (): string => (chance(12) ? ` ${oneOf(conditions)}` : '');
      const fragments: string[] = [];
      /** What stands behind each name: the same everywhere, so that fields of one name can be merged. */
      const meaning = new Map<string, string>();
      const nameFor = (wanted: string, call: string): string => {
        const name = (meaning.get(wanted) ?? call) === call ? wanted : `x${meaning.size}`;
        meaning.set(name, call);
        return name;
      };

      const field = (definition: GraphQLField<unknown, unknown>, depth: number): string => {
        const given = definition.args.flatMap(({ name }) =>
          name === 'id' || chance(50) ? `${name}: ${oneOf(argumentsOf[name] ?? ['null'])}` : [],
        );
        const type = getNamedType(definition.type);
        const call = `${definition.name}${given.length > 0 ? `(${given.join(', ')})` : ''}`;
        const name = nameFor(chance(25) ? oneOf(aliases) : definition.name, call);
        const asked = `${name === definition.name ? '' : `${name}: `}${call}${condition()}`;
        return isCompositeType(type) ? `${asked} ${selection(type, depth - 1)}` : asked;
      };
      const typename = (): string => {
        const name = nameFor('__typename', '__typename');
        return name === '__typename' ? name : `${name}: __typename`;
      };
      const fragment = (type: GraphQLNamedType, depth: number): string => {
        const on = oneOf(typesWithin(schema, type));
        const later = defers && chance(40) ? ' @defer' : '';
        if (chance(30)) {
          const name = `F${fragments.length}`;
          fragments.push('');
          fragments[Number(name.slice(1))] = `fragment ${name} on ${on.name} ${selection(on, depth)}`;
          return `...${name}${condition()}${later}`;
        }
        return `... on ${on.name}${condition()}${later} ${selection(on, depth)}`;
      };
      const selection = (type: GraphQLNamedType, depth: number): string => {
        const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
        const possible = fields.filter(
          ({ name, type: of }) => !without.includes(name) && (depth > 0 || !isCompositeType(getNamedType(of))),
        );
        const count = 1 + g(fc.nat, 2);
        const chosen = Array.from({ length: count }, () => {
          if (isAbstractType(type) ? chance(55) : depth > 0 && chance(15)) return fragment(type, depth - 1);
          return possible.length === 0 || chance(8) ? typename() : field(oneOf(possible), depth);
        });
        return `{ ${chosen.join(' ')} }`;
      };

      const root = schema.getQueryType();
      if (!root) throw new Error('The schema has no queries');
      const body = selection(root, 3);
      const query = `query ($a: Boolean!, $b: Boolean!, $id: ID!, $first: Int, $text: String) ${body} ${fragments.join(' ')}`;
      const first = oneOf([undefined, null, 1, 3]);
      const variables = {
        a: chance(50),
        b: chance(50),
        id: oneOf(['cus_0', 'cus_2', 'cus_7']),
        text: oneOf(['en', null]),
      };
      return { query: query.trim(), variables: first === undefined ? variables : { ...variables, first } };
    })
    .filter(({ query }) => isValid(schema, query));
}

/** Types that a fragment may be on. */
function typesWithin(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLNamedType[] {
  if (isObjectType(type)) return [type, ...type.getInterfaces()];
  if (!isAbstractType(type)) return [type];
  const possible = schema.getPossibleTypes(type);
  return [...new Set([type, ...possible, ...possible.flatMap((each) => each.getInterfaces())])];
}

/** Variables that are not used are no fault here. */
function isValid(schema: GraphQLSchema, query: string): boolean {
  return validate(schema, parse(query)).every(
    ({ message }) => message.startsWith('Variable "') && message.includes('never used'),
  );
}

import type { Schema } from '@apollo/federation-internals';
import {
  type FieldNode,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  parse,
  print,
  visit,
} from 'graphql';
import type { Names } from '../execution/keys.ts';
import type { Satisfies } from '../execution/representation.ts';

/** Type conditions on a supergraph; also for objects of which no more is known than an interface that they implement. */
export function createSatisfies(schema: GraphQLSchema): Satisfies {
  return (typename, condition) => {
    if (typename === condition) return true;
    const [type, wanted] = [schema.getType(typename), schema.getType(condition)];
    return isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
  };
}

/** What the names of fields leave free for keys of our own. */
export function namesOf(supergraph: Schema, schema: GraphQLSchema): Names {
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [],
  );
  let prefix = 'x_';
  while (fields.some((field) => field.startsWith(prefix))) prefix = `x${prefix}`;
  return { prefix, required: requiredWithArguments(supergraph) };
}

/**
 * Under its bare name a field's value can be handed over for one set of arguments only.
 *
 * @throws Error naming a field that is required with different ones
 */
function requiredWithArguments(supergraph: Schema): ReadonlySet<string> {
  const found = new Map<string, string>();
  for (const application of supergraph.directive('join__field')?.applications() ?? []) {
    const { requires }: { requires?: unknown } = application.arguments();
    if (typeof requires !== 'string') continue;
    visit(parse(`{${requires}}`, { noLocation: true }), {
      Field({ name: { value: name }, arguments: given = [] }: FieldNode) {
        const text = given.map(print).sort().join(', ');
        const known = found.get(name);
        if (known !== undefined && known !== text)
          throw new Error(
            `@requires selects ${name}(${known}) and ${name}(${text}): one of them would get the other's value`,
          );
        found.set(name, text);
      },
    });
  }
  return new Set([...found].flatMap(([name, given]) => (given === '' ? [] : [name])));
}

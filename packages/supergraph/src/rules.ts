import { baseType, type Schema } from '@apollo/federation-internals';
import { alternativesOf, type Requirement } from '@paygraph/auth';
import { type GraphQLNamedType, type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** What the graph's directives ask of whoever selects a field, all of it to be met. The same requirement is one object. */
export type RulesOf = (parent: GraphQLNamedType, field: string) => readonly Requirement[];

/**
 * Reads `@authenticated`, `@requiresScopes` and `@policy` of a supergraph, under whatever names it has them.
 *
 * A field asks for what stands on it, on the type it is on and on the type it returns. On an interface it also asks for
 * what it asks on each object type that implements the interface: whoever selects it there may meet any of them.
 *
 * @throws TypeError when a directive cannot be read, or asks for nothing: nothing is open by oversight
 */
export function rulesFrom(supergraph: Schema, schema: GraphQLSchema): RulesOf {
  const requirementsOn = createReader(supergraph);
  const known = new Map<string, readonly Requirement[]>();

  const onField = (typename: string, name: string): readonly Requirement[] => {
    const type = supergraph.type(typename);
    if (!type) return [];
    const field = type.kind === 'ObjectType' || type.kind === 'InterfaceType' ? type.field(name) : undefined;
    if (!field?.type) return requirementsOn(type);
    return [type, field, baseType(field.type)].flatMap(requirementsOn);
  };
  const rulesOf: RulesOf = (parent, name) => {
    const coordinate = `${parent.name}.${name}`;
    const rules = known.get(coordinate);
    if (rules) return rules;
    const isShared = isAbstractType(parent) && name !== '__typename';
    const types = isShared ? [parent, ...schema.getPossibleTypes(parent)] : [parent];
    const read = [...new Set(types.flatMap((type) => onField(type.name, name)))];
    known.set(coordinate, read);
    return read;
  };
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) || isInterfaceType(type))
      for (const name of Object.keys(type.getFields())) rulesOf(type, name);
  return rulesOf;
}

/** A type or a field. */
interface Annotated {
  appliedDirectivesOf(name: string): readonly { arguments(): Arguments }[];
}

type Arguments = Readonly<Record<string, unknown>>;

/** Reads what the directives on one type or field ask. */
function createReader(supergraph: Schema): (element: Annotated) => readonly Requirement[] {
  const interned = new Map<string, Requirement>();
  const intern = (requirement: Requirement): Requirement => {
    const key = JSON.stringify(requirement);
    const same = interned.get(key) ?? requirement;
    interned.set(key, same);
    return same;
  };
  const readers = specifications.flatMap(({ name, read }) => {
    const feature = supergraph.coreFeatures?.getByIdentity(`https://specs.apollo.dev/${name}`);
    return feature ? [{ directive: feature.directiveNameInSchema(name), read }] : [];
  });
  return (element) =>
    readers.flatMap(({ directive, read }) =>
      element.appliedDirectivesOf(directive).map((applied) => intern(read(applied.arguments()))),
    );
}

const specifications: readonly { readonly name: string; readonly read: (given: Arguments) => Requirement }[] = [
  { name: 'authenticated', read: () => ({ kind: 'authenticated' }) },
  { name: 'requiresScopes', read: ({ scopes }) => ({ kind: 'scopes', alternatives: alternativesOf(scopes) }) },
  { name: 'policy', read: ({ policies }) => ({ kind: 'policy', alternatives: alternativesOf(policies) }) },
];
